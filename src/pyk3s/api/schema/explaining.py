"""The slow look at an object that did not conform: removes unknown fields and says what is wrong in the API's words.

Walks value and type together, in the order of the document, and stops at the first value that does not fit, as upstream
does. Named types of plain texts (`v1.PullPolicy`) are not in the schema; where they are meant, the words say `string`.
"""

import re
from typing import Any, NamedTuple

from pyk3s.api import quantity
from pyk3s.api.schema.conforming import INT_RANGES, SCHEMA_PROPS, Unfit, checker
from pyk3s.api.schema.types import Type

_TIME_PARTS = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d\d"),
    ("-", "-"),
    ("02", r"\d\d"),
    ("T", "T"),
    ("15", r"\d\d"),
    (":", ":"),
    ("04", r"\d\d"),
    (":", ":"),
    ("05", r"\d\d"),
)

_not_base64 = re.compile(r"[^A-Za-z0-9+/\r\n]").search


class DoesNotFit(Exception):
    """A value does not fit its type; the message is the API's, `restored` what it says where the object never was text.

    Upstream makes objects of the maps that a strategic merge leaves, without JSON between, and has other words there.
    """

    def __init__(self, message: str, restored: str = ""):
        super().__init__(message)
        self.restored = restored or message


class _Place(NamedTuple):
    """Where the walk is: the enclosing struct, the names on the way (for errors), the path (for unknown fields)."""

    struct: str
    names: str
    path: str

    def field(self, struct: str, name: str) -> "_Place":
        joined = f"{self.names}.{name}" if self.names else name
        return _Place(struct, joined, f"{self.path}.{name}" if self.path else name)

    def item(self, index: int) -> "_Place":
        return self._replace(path=f"{self.path}[{index}]")

    def key(self, key: str) -> "_Place":
        return self._replace(path=f"{self.path}.{key}" if self.path else key)


def unknown_fields(type_: Type, value: Any) -> list[str]:
    """Remove what the type does not know and return the paths; raises DoesNotFit."""
    found: list[str] = []
    _walk(type_, value, _Place("", "", ""), found)
    return found


def _walk(type_: Type, value: Any, place: _Place, unknown: list[str]) -> None:
    if value is None:
        return
    match type_.kind:
        case "object":
            _walk_object(type_, value, place, unknown)
        case "map":
            if not isinstance(value, dict):
                raise _mismatch(value, type_, place)
            if type_.values is not None:
                for key, item in value.items():
                    _walk(type_.values, item, place.key(key), unknown)
        case "array":
            if not isinstance(value, list):
                raise _mismatch(value, type_, place)
            if type_.items is not None:
                for index, item in enumerate(value):
                    _walk(type_.items, item, place.item(index), unknown)
        case "any" if type_.name.startswith(SCHEMA_PROPS):
            _walk_schema_or_other(type_, value, place, unknown)
        case _:
            _explain_scalar(type_, value, place)


def _walk_object(type_: Type, value: Any, place: _Place, unknown: list[str]) -> None:
    if not isinstance(value, dict):
        raise _mismatch(value, type_, place)
    struct = type_.name.rpartition(".")[2]
    for name in list(value):
        field = type_.fields.get(name)
        inner = place.field(struct, name)
        if field is None:
            unknown.append(inner.path)
            del value[name]
        else:
            _walk(field.type, value[name], inner, unknown)


def _walk_schema_or_other(type_: Type, value: Any, place: _Place, unknown: list[str]) -> None:
    props = type_.definition(SCHEMA_PROPS)
    if isinstance(value, dict):
        _walk(props, value, place, unknown)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                _walk(props, item, place.item(index), unknown)
            elif not isinstance(item, str):
                raise DoesNotFit(f"json: cannot unmarshal {shown_kind(item)} into Go value of type string")
    elif not isinstance(value, bool):
        raise DoesNotFit("boolean or JSON schema expected")


def _explain_scalar(type_: Type, value: Any, place: _Place) -> None:
    try:
        checker(type_)(value)
        return
    except Unfit:
        pass
    match type_.kind:
        case "quantity":
            raise DoesNotFit(_quantity_error(value))
        case "time" | "micro-time":
            raise DoesNotFit(_time_error(type_.kind, value))
        case "bytes" if isinstance(value, str):
            raise DoesNotFit(f"illegal base64 data at input byte {_bad_byte(value)}")
        case "int-or-string":
            raise DoesNotFit(f"json: cannot unmarshal {shown_kind(value, literal=True)} into Go value of type int32")
    raise _mismatch(value, type_, place)


def _mismatch(value: Any, type_: Type, place: _Place) -> DoesNotFit:
    shown = shown_kind(value, literal=type_.kind in ("integer", "number"))
    target = f"Go struct field {place.struct}.{place.names}" if place.struct else "Go value"
    message = f"json: cannot unmarshal {shown} into {target} of type {_shown_type(type_)}"
    return DoesNotFit(message, _not_restored(value, type_))


def _not_restored(value: Any, type_: Type) -> str:
    source, target = _kind_of(value), _shown_type(type_)
    match type_.kind:
        case "map" | "object":
            return (
                f"cannot restore map from {source}" if type_.kind == "map" else f"cannot restore struct from: {source}"
            )
        case "array" | "bytes":
            return f"cannot restore slice from {source}"
    numbers = (source, target) == ("int64", "string") or (source == "float64" and target in INT_RANGES)
    return f"cannot convert {source} to {target}" if numbers else f"unrecognized type: {target}"


def _kind_of(value: Any) -> str:
    return {bool: "bool", str: "string", dict: "map", list: "slice", int: "int64"}.get(type(value), "float64")


def shown_kind(value: Any, *, literal: bool = False) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
    return f"number {value!r}" if literal else "number"


def _shown_type(type_: Type | None) -> str:
    if type_ is None:
        return "interface {}"
    match type_.kind:
        case "object":
            package, _, name = type_.name.rpartition(".")
            return f"{package.rpartition('.')[2]}.{name}"
        case "map":
            inner = type_.values
            return "v1.ResourceList" if inner and inner.kind == "quantity" else f"map[string]{_shown_type(inner)}"
        case "array":
            return f"[]{_shown_type(type_.items)}"
        case "integer":
            return type_.format if type_.format in INT_RANGES else "int64"
        case "boolean":
            return "bool"
        case "number":
            return "float64"
        case "bytes":
            return "[]uint8"
        case "quantity":
            return "resource.Quantity"
        case "int-or-string":
            return "intstr.IntOrString"
    return "string"


def _quantity_error(value: Any) -> str:
    try:
        quantity.parse(value.strip() if isinstance(value, str) else str(value))
    except quantity.QuantityError as error:
        return str(error)
    return quantity.MALFORMED


def _time_error(kind: str, value: Any) -> str:
    if not isinstance(value, str):
        return f"json: cannot unmarshal {shown_kind(value)} into Go value of type string"
    layout = "2006-01-02T15:04:05Z07:00" if kind == "time" else "2006-01-02T15:04:05.000000Z07:00"
    rest = value
    for word, pattern in _TIME_PARTS:
        found = re.match(pattern, rest)
        if found is None:
            return f'parsing time "{value}" as "{layout}": cannot parse "{rest}" as "{word}"'
        rest = rest[found.end() :]
    fraction = re.match(r"[.,]\d+", rest)
    rest = rest[fraction.end() :] if fraction else rest
    if re.fullmatch(r"Z|[+-]\d\d:\d\d", rest):
        return f'parsing time "{value}": {_out_of_range(value)} out of range'
    return f'parsing time "{value}" as "{layout}": cannot parse "{rest}" as "Z07:00"'


def _out_of_range(value: str) -> str:
    month, hour, minute, second = int(value[5:7]), int(value[11:13]), int(value[14:16]), int(value[17:19])
    if not 1 <= month <= 12:
        return "month"
    if hour > 23:
        return "hour"
    if minute > 59:
        return "minute"
    return "second" if second > 59 else "day"


def _bad_byte(text: str) -> int:
    """The offset at which reading base64 fails: the first foreign byte, or the start of the group that is not whole."""
    found = _not_base64(text)
    if found is None or found.group() != "=":
        return found.start() if found else len(text) - len(text.replace("\r", "").replace("\n", "")) % 4
    start = found.start()
    group = start % 4
    if group < 2:
        return start
    return start + (4 - group)
