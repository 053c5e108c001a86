"""Values on their way in and out of an expression."""

from collections.abc import Mapping
from typing import Any

TYPE = "@type"
"""The key that marks a map as a value of an abstract type; no field of an object is called so."""
VALUE = "value"

Opaque = dict[str, Any]


def opaque(type_: str, value: Any) -> Opaque:
    """A value of an abstract type, as expressions carry it; equal values must have equal contents."""
    return {TYPE: type_, VALUE: value}


def type_of(value: Any) -> str:
    """The abstract type of a value; empty for any other."""
    return str(value.get(TYPE, "")) if isinstance(value, Mapping) else ""
