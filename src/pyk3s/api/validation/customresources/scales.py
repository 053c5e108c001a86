"""The numbers of custom objects that can be scaled: where they are, what they are, how large they may be."""

from typing import Any

from pyk3s.api import fields
from pyk3s.api.validation.checks import Errors, Object

MOST_REPLICAS = (1 << 31) - 1
_GO_TYPES = {str: "string", bool: "bool", float: "float64", int: "int64", list: "[]interface {}", type(None): "<nil>"}


def check(obj: Object, scale: Object, errors: Errors) -> None:
    """`scale` is what the definition says of the sub-resource."""
    for key in ("specReplicasPath", "statusReplicasPath"):
        _number(obj, scale[key], errors)
    if path := scale.get("labelSelectorPath"):
        found, problem = _found(obj, path)
        if not problem and not isinstance(found, str | None):
            problem = _other(path, found, "string")
        if problem:
            errors.append(fields.invalid(path, "", problem))


def _number(obj: Object, path: str, errors: Errors) -> None:
    found, problem = _found(obj, path)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    if not problem and found is not None and not is_number:
        problem = _other(path, found, "int64")
    if problem:
        errors.append(fields.invalid(path, 0, problem))
    elif is_number and found < 0:
        errors.append(fields.invalid(path, found, "should be a non-negative integer"))
    elif is_number and found > MOST_REPLICAS:
        errors.append(fields.invalid(path, found, f"should be less than or equal to {MOST_REPLICAS}"))


def _found(obj: Object, path: str) -> tuple[Any, str]:
    """What is at a path of names, and what is in the way."""
    value: Any = obj
    names = path.removeprefix(".").split(".")
    for index, name in enumerate(names):
        if value is None:
            return None, ""
        if not isinstance(value, dict):
            return None, _other("." + ".".join(names[: index + 1]), value, "map[string]interface{}")
        value = value.get(name)
    return value, ""


def _other(path: str, value: Any, wanted: str) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"{path} accessor error: {shown} is of the type {_GO_TYPES.get(type(value), '')}, expected {wanted}"
