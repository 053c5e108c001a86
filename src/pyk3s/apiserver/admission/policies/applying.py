"""What one mutation of a policy makes of an object: an apply configuration laid over it, or a JSON patch carried out.

An apply configuration is merged as server-side apply merges, without owners. Parts that apply would replace as a whole
cannot be told from parts that were meant, so that maps and structs of this kind are refused, as upstream does.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from pyk3s.api import status
from pyk3s.api.ownership import compare, config, shapes
from pyk3s.api.patching import json_patch
from pyk3s.api.schema.types import Type

JSON = dict[str, Any]


_KINDS = {dict: "map", list: "list", str: "string", bool: "bool", int: "int", float: "double", type(None): "null_type"}


class Inapplicable(Exception):
    """What an expression has made cannot be applied; the text says why."""


def applied(type_: Type, obj: JSON, configuration: Any) -> JSON:
    """The object with an apply configuration laid over it; `obj` stays as it is."""
    if not isinstance(configuration, dict):
        raise Inapplicable(f"unsupported return type from ApplyConfiguration expression: {_kind(configuration)}")
    for key in ("apiVersion", "kind"):
        if key in configuration and configuration[key] != obj.get(key):
            raise Inapplicable(f"error applying patch: invalid ApplyConfiguration: {key} may not be changed")
    if "managedFields" in (configuration.get("metadata") or {}):
        raise Inapplicable("error applying patch: invalid ApplyConfiguration: managedFields may not be set")
    shape = shapes.of_kind(type_)
    try:
        config.check(shape, configuration)
    except compare.Untypable as error:
        raise Inapplicable(f"error applying patch: failed to convert patch object to typed object: {error}") from error
    if atomic := list(_atomic(shape, configuration, "")):
        told = f"may not mutate atomic arrays, maps or structs: {', '.join(atomic)}"
        raise Inapplicable(f"error applying patch: invalid ApplyConfiguration: {told}")
    try:
        merged: JSON = config.merged(shape, obj, configuration)
    except compare.Untypable as error:
        raise Inapplicable(f"error applying patch: failed to merge patch: {error}") from error
    return _own(merged)


def _atomic(shape: shapes.Shape, value: Any, path: str) -> Iterator[str]:
    """Where a configuration has something in a map or struct that is replaced as a whole. Lists of that kind may be."""
    if isinstance(value, dict):
        if shape.kind == shapes.LEAF and path and shape.expects == shapes.ANY_MAP:
            yield path
        for name, inner in value.items():
            child = (
                shape.field(name) if shape.kind == shapes.STRUCT else shape.item if shape.kind == shapes.MAP else None
            )
            if child is not None:
                yield from _atomic(child, inner, f"{path}.{name}")
    elif isinstance(value, list) and shape.kind == shapes.KEYED:
        for index, item in enumerate(value):
            yield from _atomic(shape.item, item, f"{path}[{index}]")


def _child(shape: shapes.Shape, name: str) -> shapes.Shape | None:
    if shape.kind == shapes.STRUCT:
        return shape.field(name)
    return shape.item if shape.kind == shapes.MAP else None


def patched(obj: JSON, operations: Any) -> JSON:
    """The object after a JSON patch; `obj` stays as it is."""
    if not isinstance(operations, list):
        raise Inapplicable(f"unsupported return type from JSONPatch expression: {_kind(operations)}")
    for each in operations:
        if not isinstance(each, dict):
            raise Inapplicable(f"unsupported return type from JSONPatch expression: list of {_kind(each)}")
    try:
        parsed = json_patch.parse(msgspec.json.encode([_present(each) for each in operations]))
        return _own(json_patch.apply(obj, parsed))
    except status.StatusError as error:
        raise Inapplicable(f"JSON Patch: {error.message}") from error
    except (TypeError, ValueError) as error:
        raise Inapplicable(f"JSON Patch: {error}") from error


def _present(operation: JSON) -> JSON:
    """An operation as a patch spells it: no source where there is none."""
    return {key: value for key, value in operation.items() if not (key == "from" and value in (None, ""))}


def _own(obj: JSON) -> JSON:
    """A copy that shares nothing."""
    copied: JSON = msgspec.json.decode(msgspec.json.encode(obj))
    return copied


def _kind(value: Any) -> str:
    names = {
        dict: "map",
        list: "list",
        str: "string",
        bool: "bool",
        int: "int",
        float: "double",
        type(None): "null_type",
    }
    return names.get(type(value), type(value).__name__)
