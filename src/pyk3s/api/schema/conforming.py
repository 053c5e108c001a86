"""Compiled checkers: bring a decoded object into the shape in which the API keeps it, or notice that something is off.

One closure per type, compiled when first used. A checker returns the value to keep: quantities and times in canonical
spelling, nulls and dropped zero values gone, printed zero values added (see zeros.py). It knows no paths, which keeps
it fast: what does not fit raises Unfit, and the caller lets `explaining` look again, slowly and with words.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pyk3s.api import quantity
from pyk3s.api.schema import zeros
from pyk3s.api.schema.types import Type

Check = Callable[[Any], Any]

INT_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"

_plain_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").fullmatch
_timestamp = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)").fullmatch


class Unfit(Exception):
    """A value does not fit its type, or there is an unknown field."""


_compiled: dict[int, tuple[Type, Check]] = {}


def checker(type_: Type) -> Check:
    """The checker of a type; compiled once for each."""
    found = _compiled.get(id(type_))
    if found is None:
        found = _compiled[id(type_)] = (type_, _compile(type_))
    return found[1]


def _compile(type_: Type) -> Check:
    match type_.kind:
        case "object":
            return _object_checker(type_)
        case "map":
            return _map_checker(type_.values)
        case "array":
            return _array_checker(type_.items)
        case "integer":
            return _integer_checker(*INT_RANGES[type_.format or "int64"])
        case "any" if type_.name.startswith(SCHEMA_PROPS):
            return _schema_or_other_checker(type_)
        case kind:
            return _SCALARS[kind]


def _object_checker(type_: Type) -> Check:
    scalars: dict[str, type] = {}
    nested: dict[str, Check] = {}
    drops: set[str] = set()
    prints: list[tuple[str, Callable[[], Any]]] = []
    compiled = False

    def compile_fields() -> None:
        nonlocal compiled
        is_resource = "x-kubernetes-group-version-kind" in type_.schema
        for name, field in type_.fields.items():
            inner = field.type
            if inner.kind in ("string", "boolean"):
                scalars[name] = str if inner.kind == "string" else bool
            else:
                nested[name] = checker(inner)
            zero = zeros.rule(type_.name, name, inner.kind, required=field.required, is_resource=is_resource)
            if zero == "drop":
                drops.add(name)
            elif zero == "print":
                prints.append((name, _zero_maker(inner)))
            elif zero == "null":
                prints.append((name, _nothing))
        compiled = True

    def check(value: Any) -> Any:
        if not compiled:
            compile_fields()
        if value.__class__ is not dict:
            if value is None:
                value = {}
            else:
                raise Unfit
        gone: list[str] = []
        for name, item in value.items():
            expected = scalars.get(name)
            if expected is not None:
                if item.__class__ is not expected:
                    if item is not None:
                        raise Unfit
                    gone.append(name)
                elif not item and name in drops:
                    gone.append(name)
            elif item is None and name in nested:
                gone.append(name)
            else:
                inner = nested.get(name)
                if inner is None:
                    raise Unfit
                kept = inner(item)
                if kept is not item:
                    value[name] = kept
                if not kept and name in drops:
                    gone.append(name)
        for name in gone:
            del value[name]
        for name, make in prints:
            if name not in value:
                value[name] = make()
        return value

    return check


def _nothing() -> None:
    return None


def _zero_maker(type_: Type) -> Callable[[], Any]:
    match type_.kind:
        case "object":
            check = checker(type_)
            return lambda: check({})
        case "string":
            return str
        case "boolean":
            return bool
        case "integer" | "number" | "int-or-string":
            return int
        case "quantity":
            return lambda: "0"
    return _nothing


def _map_checker(values: Type | None) -> Check:
    if values is None or values.kind == "string":
        return _check_text_map
    check = checker(values)
    zero = _zero_maker(values)

    def check_map(value: Any) -> Any:
        if value.__class__ is not dict:
            raise Unfit
        for key, item in value.items():
            kept = zero() if item is None else check(item)
            if kept is not item:
                value[key] = kept
        return value

    return check_map


def _check_text_map(value: Any) -> Any:
    if value.__class__ is not dict:
        raise Unfit
    for key, item in value.items():
        if item.__class__ is not str:
            if item is not None:
                raise Unfit
            value[key] = ""
    return value


def _array_checker(items: Type | None) -> Check:
    if items is None:
        return _check_anything
    check = checker(items)
    zero = _zero_maker(items)

    def check_array(value: Any) -> Any:
        if value.__class__ is not list:
            raise Unfit
        for index, item in enumerate(value):
            kept = zero() if item is None else check(item)
            if kept is not item:
                value[index] = kept
        return value

    return check_array


def _integer_checker(least: int, most: int) -> Check:
    def check(value: Any) -> Any:
        if value.__class__ is not int or not least <= value <= most:
            raise Unfit
        return value

    return check


def _schema_or_other_checker(type_: Type) -> Check:
    """JSONSchemaPropsOrBool, OrArray, OrStringArray: a schema, or what the name says."""
    props = checker(type_.definition(SCHEMA_PROPS))

    def check(value: Any) -> Any:
        if value.__class__ is dict:
            return props(value)
        if value.__class__ is list:
            return [props(item) if item.__class__ is dict else _check_text(item) for item in value]
        if value.__class__ is not bool:
            raise Unfit
        return value

    return check


def _check_anything(value: Any) -> Any:
    return value


def _check_text(value: Any) -> Any:
    if value.__class__ is not str:
        raise Unfit
    return value


def _check_boolean(value: Any) -> Any:
    if value.__class__ is not bool:
        raise Unfit
    return value


def _check_number(value: Any) -> Any:
    if value.__class__ is not int and value.__class__ is not float:
        raise Unfit
    return value


def _check_int_or_text(value: Any) -> Any:
    if value.__class__ is str or (value.__class__ is int and -(2**31) <= value < 2**31):
        return value
    raise Unfit


def _check_quantity(value: Any) -> Any:
    try:
        return quantity.canonical(value.strip()) if value.__class__ is str else _number_as_quantity(value)
    except quantity.QuantityError as error:
        raise Unfit from error


def _number_as_quantity(value: Any) -> str:
    if value.__class__ is not int and value.__class__ is not float:
        raise Unfit
    return str(quantity.of(value))


def _check_bytes(value: Any) -> Any:
    if value.__class__ is not str:
        raise Unfit
    if "\n" in value or "\r" in value:
        value = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit from error
    return value


def _check_time(value: Any) -> Any:
    if value.__class__ is not str:
        raise Unfit
    if _plain_time(value):
        instant(value)
        return value
    return instant(value).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_micro_time(value: Any) -> Any:
    if value.__class__ is not str:
        raise Unfit
    return instant(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """The moment, in UTC, that an RFC 3339 text names, cut to microseconds; raises Unfit."""
    found = _timestamp(text)
    if found is None:
        raise Unfit
    day, clock, fraction, zone = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unfit from error


_SCALARS: dict[str, Check] = {
    "string": _check_text,
    "boolean": _check_boolean,
    "number": _check_number,
    "bytes": _check_bytes,
    "quantity": _check_quantity,
    "int-or-string": _check_int_or_text,
    "time": _check_time,
    "micro-time": _check_micro_time,
    "any": _check_anything,
    "any-object": _check_anything,
}
