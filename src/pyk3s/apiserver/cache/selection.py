"""What selectors look at, decoded from an object's bytes on demand: labels and the resource's selectable fields.

A projection, and the smaller index, is a msgspec Struct compiled from the paths, so that nothing else is decoded.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
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

    @property
    def steps(self) -> list[str]:
        """The way to its place, from the object down."""
        return (self.place or self.name).split(".")


NAME, NAMESPACE = Field("metadata.name"), Field("metadata.namespace")
ALWAYS = frozenset((NAME.name, NAMESPACE.name))
_ANYTHING = msgspec.json.Decoder(dict[str, Any])


class Projection:
    """Decodes the facts of one resource."""

    def __init__(self, selectable: Sequence[Field] = ()):
        every = (NAME, NAMESPACE, *selectable)
        self.names = frozenset(field.name for field in every)
        self._decoder = _decoder(every, {"metadata": {"labels": dict[str, str]}})
        self._selectable = selectable
        self._steps = [(field.name, field.steps, field.default) for field in every]

    def index(self, paths: Sequence[str]) -> "Index":
        """An index of some of the selectable fields."""
        return Index([field for field in self._selectable if field.name in paths])

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


class Index:
    """Decodes the fields by which watchers are found, and nothing else: a change that nobody selects costs no more."""

    def __init__(self, fields: Sequence[Field]):
        self.paths = tuple(field.name for field in fields)
        self._decoder = _decoder(fields, {})
        self._steps = [(field.steps, field.default) for field in fields]

    def __call__(self, value: bytes) -> tuple[str, ...]:
        """The values at `paths`. Many objects share them, as the pods of a node do, so they share one text, too."""
        found = self._decoder.decode(value)
        return tuple([sys.intern(_reach(found, steps) or default) for steps, default in self._steps])


def _decoder(fields: Iterable[Field], tree: dict[str, Any]) -> msgspec.json.Decoder[Any]:
    for field in fields:
        _plant(tree, field.steps)
    return msgspec.json.Decoder(_struct("Facts", tree))


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
