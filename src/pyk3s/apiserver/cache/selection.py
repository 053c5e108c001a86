"""What selectors look at, decoded from an object's bytes on demand: labels and the resource's selectable fields.

A projection is a msgspec Struct compiled from the paths, so that nothing else of the object is decoded.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec


class Facts(NamedTuple):
    """Labels of an object and its selectable fields by path; absent fields are empty strings."""

    labels: dict[str, str]
    fields: dict[str, str]


class Field(NamedTuple):
    """A selectable field: its name in selectors, its place in the object where that differs, its default."""

    name: str
    place: str = ""
    default: str = ""


NAME, NAMESPACE = Field("metadata.name"), Field("metadata.namespace")
ALWAYS = frozenset((NAME.name, NAMESPACE.name))
_ANYTHING = msgspec.json.Decoder(dict[str, Any])


class Projection:
    """Decodes the facts of one resource."""

    def __init__(self, selectable: Sequence[Field] = ()):
        every = (NAME, NAMESPACE, *selectable)
        self.names = frozenset(field.name for field in every)
        tree: dict[str, Any] = {"metadata": {"labels": dict[str, str]}}
        for field in every:
            _plant(tree, (field.place or field.name).split("."))
        self._decoder = msgspec.json.Decoder(_struct("Facts", tree))
        self._steps = [(field.name, (field.place or field.name).split("."), field.default) for field in every]

    def __call__(self, value: bytes) -> Facts:
        """The facts of an object; raises msgspec.ValidationError for what is no stored object."""
        found: Any
        try:
            found = self._decoder.decode(value)
            labels = found.metadata.labels
        except msgspec.ValidationError:  # a custom object from when its fields had other types
            found = _ANYTHING.decode(value)
            labels = found["metadata"].get("labels")
        fields = {name: _reach(found, steps) or default for name, steps, default in self._steps}
        return Facts(labels or {}, fields)


def _plant(tree: dict[str, Any], steps: list[str]) -> None:
    """Mark a path in the tree. Where one version has a value and another one goes on below, all of it is decoded."""
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[steps[-1]] = Any


def _struct(name: str, tree: Mapping[str, Any]) -> type[msgspec.Struct]:
    """A Struct type for a tree of fields whose leaves are types; everything is optional."""
    members = [
        (key, (_struct(key, member) if isinstance(member, dict) else member) | None, None)
        for key, member in tree.items()
    ]
    return msgspec.defstruct(name, members)


def _reach(found: Any, steps: list[str]) -> str:
    for step in steps:
        found = found.get(step) if isinstance(found, dict) else getattr(found, step, None)
        if found is None:
            return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if isinstance(found, dict | msgspec.Struct) else str(found)
