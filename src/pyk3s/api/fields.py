"""Errors of single fields, as the causes of an Invalid Status show them.

The wording follows the Kubernetes API: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
"""

import json
from typing import Any, NamedTuple

NOTHING: Any = object()
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})  # as Go's encoder does inside structures


class FieldError(NamedTuple):
    """What is wrong with one field: reason of the cause, JSON path, message without the path."""

    reason: str
    path: str
    message: str


def shown(value: Any) -> str:
    """A value as error messages print it: text quoted, null, numbers and booleans bare, structures as JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_HTML) if isinstance(value, dict | list) else text


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """`NOTHING` as the value where the API leaves it out."""
    told = "Invalid value" if value is NOTHING else f"Invalid value: {shown(value)}"
    return FieldError("FieldValueInvalid", path, _with_detail(told, detail))


def required(path: str, detail: str = "") -> FieldError:
    return FieldError("FieldValueRequired", path, _with_detail("Required value", detail))


def forbidden(path: str, detail: str) -> FieldError:
    return FieldError("FieldValueForbidden", path, _with_detail("Forbidden", detail))


def duplicate(path: str, value: Any, detail: str = "") -> FieldError:
    return FieldError("FieldValueDuplicate", path, _with_detail(f"Duplicate value: {shown(value)}", detail))


def not_found(path: str, value: Any) -> FieldError:
    return FieldError("FieldValueNotFound", path, f"Not found: {shown(value)}")


def not_supported(path: str, value: Any, supported: list[str]) -> FieldError:
    listed = ", ".join(shown(choice) for choice in supported)
    return FieldError(
        "FieldValueNotSupported",
        path,
        _with_detail(f"Unsupported value: {shown(value)}", listed and f"supported values: {listed}"),
    )


def too_long(path: str, most: int) -> FieldError:
    return FieldError("FieldValueTooLong", path, f"Too long: may not be more than {most} bytes")


def too_many(path: str, count: int, most: int) -> FieldError:
    return FieldError("FieldValueTooMany", path, f"Too many: {count}: must have at most {most} items")


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    return FieldError("FieldValueTypeInvalid", path, _with_detail(f"Invalid value: {shown(value)}", detail))


def _with_detail(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text
