"""Removes from a custom object what its schema does not know, and nulls where none are allowed; nothing else.

Metadata, of the object and of those embedded in it, is brought into shape as that of built-in kinds.
"""

import copy
from typing import Any

from pyk3s.api.customresources.structural import EMBEDDED, OBJECT_META, PRESERVE
from pyk3s.api.schema import conforming, explaining, pack

JSON = dict[str, Any]
IDENTITY = frozenset(("apiVersion", "kind", "metadata"))


def prune(obj: JSON, schema: JSON) -> list[str]:
    """Prune in place; the paths of what was unknown. Raises explaining.DoesNotFit for metadata that is none."""
    unknown: list[str] = []
    _object(obj, schema, "", unknown, whole=True)
    return unknown


def unknown(value: Any, schema: JSON) -> list[str]:
    """The paths in a value of what its schema does not know; the value stays as it is."""
    found: list[str] = []
    _value(copy.deepcopy(value), schema, "", found)
    return found


def _value(value: Any, schema: JSON, path: str, unknown: list[str]) -> None:
    if isinstance(value, dict):
        _object(value, schema, path, unknown, whole=bool(schema.get(EMBEDDED)))
    elif isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        for index, item in enumerate(value):
            _value(item, items, f"{path}[{index}]", unknown)


def _object(value: JSON, schema: JSON, path: str, unknown: list[str], *, whole: bool) -> None:
    properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
    for name in list(value):
        at = f"{path}.{name}" if path else name
        if whole and name in IDENTITY:
            if name == "metadata":
                _metadata(value, at, unknown)
        elif (inner := properties.get(name, additional)) is not None and inner is not False:
            _member(value, name, inner, at, unknown)
        elif not schema.get(PRESERVE):
            unknown.append(at)
            del value[name]


def _member(value: JSON, name: str, schema: JSON | bool, path: str, unknown: list[str]) -> None:
    if schema is True:
        return
    assert isinstance(schema, dict)
    if value[name] is None:
        if not schema.get("nullable") and "default" not in schema and not schema.get(PRESERVE):
            del value[name]
    else:
        _value(value[name], schema, path, unknown)


def _metadata(value: JSON, path: str, unknown: list[str]) -> None:
    type_ = pack.load().type(OBJECT_META)
    check = conforming.checker(type_)
    metadata = value["metadata"]
    if metadata is None:
        del value["metadata"]
        return
    try:
        check(metadata)
    except conforming.Unfit:
        unknown += [f"{path}.{each}" for each in explaining.unknown_fields(type_, metadata)]
        check(metadata)
