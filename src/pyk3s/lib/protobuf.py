"""A protobuf wire codec driven by tables: message name -> fields as [number, name, type], to and from plain dicts.

Types are `string`, `bytes`, `bool`, `int32`, `int64`, `uint32`, `uint64`, `double`, the name of a message or enum (of
the same package, or complete), `TYPE[]` and `map<KEY,TYPE>`. An enum is `{"enum": {"NAME": number}}` and appears as its
name. Decoded dicts hold what was on the wire, nothing else; unknown fields are skipped; groups are refused. Nesting is
bounded; the size of the input is for the caller to bound. `Adapter` gives a message another shape, such as text for a
time.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

MAX_DEPTH = 100
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_DOUBLE = struct.Struct("<d")
_MASK64 = (1 << 64) - 1

Table = Sequence[Sequence[Any]] | Mapping[str, Mapping[str, int]]


class ProtobufError(ValueError):
    """The bytes are not a message of this type, or the value does not fit it."""


class Adapter(NamedTuple):
    """Another shape for a message: `decoded` gets its dict, `encoded` makes that dict from the other shape."""

    decoded: Callable[[dict[str, Any]], Any]
    encoded: Callable[[Any], dict[str, Any]]


class _Scalar(NamedTuple):
    wire: int
    read: Callable[[Any], Any]  # from an int (VARINT) or bytes (LENGTH, FIXED64)
    write: Callable[[Any], Any]  # to the same


class _Field(NamedTuple):
    number: int
    name: str
    scalar: _Scalar | None
    message: str
    repeated: bool
    map_entry: "_Message | None"


class _Message:
    """A compiled table."""

    __slots__ = ("by_name", "by_number", "name")

    def __init__(self, name: str):
        self.name = name
        self.by_number: dict[int, _Field] = {}
        self.by_name: dict[str, _Field] = {}

    def add(self, field: _Field) -> None:
        self.by_number[field.number] = field
        self.by_name[field.name] = field


def _signed(bits: int) -> Callable[[int], int]:
    sign, size = 1 << (bits - 1), 1 << bits
    return lambda number: ((number & (size - 1)) ^ sign) - sign


def _checked(low: int, high: int) -> Callable[[Any], int]:
    def write(value: Any) -> int:
        if not isinstance(value, int) or not low <= value <= high:
            raise ProtobufError(f"{value!r} is not a number from {low} to {high}")
        return value & _MASK64

    return write


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ProtobufError(f"{value!r} is not a string")
    return value.encode()


def _octets(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise ProtobufError(f"{value!r} is not bytes")
    return bytes(value)


def _decode_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProtobufError("a string is not UTF-8") from error


_SCALARS = {
    "string": _Scalar(LENGTH, _decode_text, _text),
    "bytes": _Scalar(LENGTH, bytes, _octets),
    "bool": _Scalar(VARINT, bool, int),
    "int32": _Scalar(VARINT, _signed(32), _checked(-(1 << 31), (1 << 31) - 1)),
    "int64": _Scalar(VARINT, _signed(64), _checked(-(1 << 63), (1 << 63) - 1)),
    "uint32": _Scalar(VARINT, lambda number: number & 0xFFFFFFFF, _checked(0, (1 << 32) - 1)),
    "uint64": _Scalar(VARINT, lambda number: number, _checked(0, _MASK64)),
    "double": _Scalar(FIXED64, lambda data: _DOUBLE.unpack(data)[0], _DOUBLE.pack),
}


def _enum(names: Mapping[str, int]) -> _Scalar:
    by_number = {number: name for name, number in names.items()}

    def write(value: Any) -> int:
        number = names.get(value, value) if isinstance(value, str) else value
        if not isinstance(number, int):
            raise ProtobufError(f"{value!r} is not one of {', '.join(names)}")
        return number & _MASK64

    return _Scalar(VARINT, lambda number: by_number.get(number, number), write)


class Codec:
    """Encodes and decodes the messages of some tables. Tables are compiled when a message is first used."""

    def __init__(
        self, tables: Mapping[str, Table], adapters: Mapping[str, Adapter] | None = None, *, max_depth: int = MAX_DEPTH
    ):
        self._tables = tables
        self._max_depth = max_depth
        self._adapters = adapters or {}
        self._compiled: dict[str, _Message] = {}
        self._enums: dict[str, _Scalar] = {}

    def decode(self, message: str, data: bytes) -> Any:
        """The dict (or adapted shape) of a message; raises ProtobufError, KeyError for a message not in the tables."""
        return self._decode(self._message(message), memoryview(data), 0)

    def encode(self, message: str, value: Any) -> bytes:
        """The bytes of a message; keys that are not its fields are refused, None is as good as absent."""
        out: list[bytes] = []
        self._encode(self._message(message), value, out, 0)
        return b"".join(out)

    # -- tables -------------------------------------------------------------------------------------------------

    def _message(self, name: str) -> _Message:
        message = self._compiled.get(name)
        if message is None:
            message = self._compiled[name] = _Message(name)
            table = self._tables[name]
            if isinstance(table, Mapping):
                raise KeyError(f"{name} is an enum, not a message")
            for number, field, kind in table:
                message.add(self._field(name.rpartition(".")[0], number, field, kind))
        return message

    def _field(self, package: str, number: int, name: str, kind: str) -> _Field:
        if kind.startswith("map<"):
            key, _, value = kind[4:-1].partition(",")
            entry = _Message("")
            entry.add(self._field(package, 1, "key", key))
            entry.add(self._field(package, 2, "value", value.strip()))
            return _Field(number, name, None, "", False, entry)
        repeated = kind.endswith("[]")
        kind = kind.removesuffix("[]")
        if kind in _SCALARS:
            return _Field(number, name, _SCALARS[kind], "", repeated, None)
        if f"{package}.{kind}" in self._tables:
            kind = f"{package}.{kind}"
        table = self._tables[kind]
        if isinstance(table, Mapping):
            scalar = self._enums.setdefault(kind, _enum(table["enum"]))
            return _Field(number, name, scalar, "", repeated, None)
        return _Field(number, name, None, kind, repeated, None)

    # -- decoding -----------------------------------------------------------------------------------------------

    def _decode(self, message: _Message, data: memoryview, depth: int) -> Any:
        if depth > self._max_depth:
            raise ProtobufError(f"messages are nested deeper than {self._max_depth}")
        result: dict[str, Any] = {}
        fields = message.by_number
        position, end = 0, len(data)
        while position < end:
            tag, position = _varint(data, position)
            field = fields.get(tag >> 3)
            raw, position = _raw(data, position, tag & 7)
            if field is None:
                continue
            if field.scalar is not None:
                self._take_scalar(result, field, tag & 7, raw)
            elif tag & 7 != LENGTH:
                raise ProtobufError(f"field {field.name} has wire type {tag & 7}")
            elif field.map_entry is not None:
                entry = self._decode(field.map_entry, raw, depth + 1)
                result.setdefault(field.name, {})[entry.get("key", "")] = self._map_value(field.map_entry, entry)
            else:
                value = self._decode(self._message(field.message), raw, depth + 1)
                if field.repeated:
                    result.setdefault(field.name, []).append(value)
                else:
                    result[field.name] = value
        adapter = self._adapters.get(message.name)
        return adapter.decoded(result) if adapter is not None else result

    @staticmethod
    def _take_scalar(result: dict[str, Any], field: _Field, wire: int, raw: Any) -> None:
        scalar = field.scalar
        assert scalar is not None
        if wire == scalar.wire:
            values = [scalar.read(raw if wire == VARINT else bytes(raw))]
        elif wire == LENGTH and field.repeated:
            values = _packed(scalar, raw)
        else:
            raise ProtobufError(f"field {field.name} has wire type {wire}")
        if field.repeated:
            result.setdefault(field.name, []).extend(values)
        else:
            result[field.name] = values[0]

    def _map_value(self, entry: _Message, decoded: dict[str, Any]) -> Any:
        if "value" in decoded:
            return decoded["value"]
        field = entry.by_name["value"]
        if field.scalar is None:
            return self._decode(self._message(field.message), memoryview(b""), 0)
        return field.scalar.read(0 if field.scalar.wire == VARINT else b"" if field.scalar.wire == LENGTH else bytes(8))

    # -- encoding -----------------------------------------------------------------------------------------------

    def _encode(self, message: _Message, value: Any, out: list[bytes], depth: int) -> None:
        if depth > self._max_depth:
            raise ProtobufError(f"values are nested deeper than {self._max_depth}")
        adapter = self._adapters.get(message.name)
        if adapter is not None:
            value = adapter.encoded(value)
        if not isinstance(value, Mapping):
            raise ProtobufError(f"{message.name} is made from a mapping, not {type(value).__name__}")
        for name, item in value.items():
            field = message.by_name.get(name)
            if field is None:
                raise ProtobufError(f"{message.name} has no field {name}")
            if item is None:
                continue
            if field.map_entry is not None:
                for key, each in item.items():
                    self._encode_nested(field, field.map_entry, {"key": key, "value": each}, out, depth)
            elif field.repeated:
                for each in item:
                    self._encode_one(field, each, out, depth)
            else:
                self._encode_one(field, item, out, depth)

    def _encode_one(self, field: _Field, value: Any, out: list[bytes], depth: int) -> None:
        scalar = field.scalar
        if scalar is None:
            self._encode_nested(field, self._message(field.message), value, out, depth)
            return
        out.append(_to_varint(field.number << 3 | scalar.wire))
        if scalar.wire == VARINT:
            out.append(_to_varint(scalar.write(value)))
            return
        data = scalar.write(value)
        if scalar.wire == LENGTH:
            out.append(_to_varint(len(data)))
        out.append(data)

    def _encode_nested(self, field: _Field, message: _Message, value: Any, out: list[bytes], depth: int) -> None:
        nested: list[bytes] = []
        self._encode(message, value, nested, depth + 1)
        data = b"".join(nested)
        out += (_to_varint(field.number << 3 | LENGTH), _to_varint(len(data)), data)


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number and the position after it."""
    result = shift = 0
    try:
        while True:
            byte = data[position]
            position += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result & _MASK64, position
            shift += 7
            if shift > 63:
                raise ProtobufError("a number is longer than 64 bits")
    except IndexError as error:
        raise ProtobufError("the message ends within a number") from error


def _raw(data: memoryview, position: int, wire: int) -> tuple[Any, int]:
    """The undecoded value of a field and the position after it."""
    if wire == VARINT:
        return _varint(data, position)
    if wire == LENGTH:
        size, position = _varint(data, position)
    elif wire in (FIXED64, FIXED32):
        size = 8 if wire == FIXED64 else 4
    else:
        raise ProtobufError(f"wire type {wire} is not known")
    if size > len(data) - position:
        raise ProtobufError("the message ends within a field")
    return data[position : position + size], position + size


def _packed(scalar: _Scalar, data: memoryview) -> list[Any]:
    values, position = [], 0
    while position < len(data):
        raw, position = _raw(data, position, scalar.wire)
        values.append(scalar.read(raw if scalar.wire == VARINT else bytes(raw)))
    return values


def _to_varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
