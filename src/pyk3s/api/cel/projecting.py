"""Hands an expression only what it reads: values are converted on their way in, most of an object is left out.

What is needed is a tree of field names below each variable: `object.spec.replicas` needs that one value. A field that
is used in any other way is needed whole.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pyk3s.api.cel.syntax import Node

Needed = dict[str, Any]
"""Name -> what is needed of it: again names, or None for all of it."""


def needed(root: Node) -> Needed:
    """What an expression reads, by the name of the variable."""
    made: Needed = {}
    for path in _paths(root):
        _add(made, path)
    return made


def _add(made: Needed, path: list[str]) -> None:
    for index, name in enumerate(path):
        if index == len(path) - 1:
            made[name] = None
        elif (made := made.setdefault(name, {})) is None:
            return


def _paths(node: Any) -> Iterator[list[str]]:
    """Where variables are read; names of loops' variables come along and are not found among the variables."""
    if isinstance(node, list):
        for each in node:
            yield from _paths(each)
    elif isinstance(node, dict):
        path = _path(node)
        if path is not None:
            yield path
            return
        for each in node.values():
            yield from _paths(each)


def _path(node: Node) -> list[str] | None:
    """The path of a chain of fields from a variable, the deepest field last."""
    if "ident" in node:
        return [node["ident"]["name"]]
    if "select" in node:
        below = _path(node["select"]["operand"])
        return None if below is None else [*below, node["select"]["field"]]
    return None


def projected(wanted: Needed, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the variables that is needed."""
    return {name: _part(variables[name], inner) for name, inner in wanted.items() if name in variables}


def _part(value: Any, wanted: Needed | None) -> Any:
    if wanted is None or not isinstance(value, dict):
        return value
    return {name: _part(value[name], inner) for name, inner in wanted.items() if name in value}
