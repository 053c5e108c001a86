"""The schema pack: the reduced OpenAPI definitions that every served kind reaches, in one file beside this module.

The file is a header of two lengths and two sections: definitions (zlib; each stays encoded until it is asked for) and
texts (lzma; read only for OpenAPI). It is made by build_schema_pack.py in the project's root and not committed.
"""

import functools
import hashlib
import lzma
import pathlib
import struct
import sys
import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from pyk3s.api.catalog import Catalog
from pyk3s.api.schema import builtin
from pyk3s.api.schema.types import Type

JSON = dict[str, Any]
Texts = dict[str, dict[str, str]]

PATH = pathlib.Path(__file__).with_name("pack.bin")
HEADER = struct.Struct("<4sII")
MAGIC = b"K3SP"


class SchemaPackError(Exception):
    """The schema pack is missing or is no schema pack."""


class Pack:
    """Types by definition name, compiled on first use, and the catalogue of built-in resources."""

    def __init__(self, definitions: dict[str, msgspec.Raw]):
        self.catalog: Catalog = builtin.catalog()
        self._encoded = definitions
        self._types: dict[str, Type] = {}

    def type(self, definition: str) -> Type:
        """The type of a definition such as `io.k8s.api.core.v1.Pod`; raises KeyError if there is none."""
        found = self._types.get(definition)
        if found is None:
            found = self._types[definition] = Type(definition, self.schema(definition), self.type)
        return found

    def schema(self, definition: str) -> JSON:
        """A definition's schema without texts, freshly decoded: OpenAPI 2 keywords, `$ref` a bare definition name."""
        schema: JSON = _interned(msgspec.msgpack.decode(self._encoded[definition]))
        return schema

    def names(self) -> Iterable[str]:
        """Every definition in the pack."""
        return self._encoded.keys()


@functools.cache
def load() -> Pack:
    """The pack of this installation, read once; raises SchemaPackError."""
    definitions, _ = _sections()
    return Pack(msgspec.msgpack.decode(zlib.decompress(definitions), type=dict[str, msgspec.Raw]))


def load_texts() -> Texts:
    """Descriptions by definition and field (the definition's own under the empty name); large, do not keep."""
    _, texts = _sections()
    return msgspec.msgpack.decode(lzma.decompress(texts), type=Texts)


@functools.cache
def digest() -> str:
    """A name for the contents of this installation's pack."""
    return hashlib.sha256(PATH.read_bytes()).hexdigest()


def write(path: pathlib.Path, definitions: dict[str, JSON], texts: Texts) -> None:
    """Make a pack file."""
    encode = msgspec.msgpack.encode
    first = zlib.compress(encode({name: msgspec.Raw(encode(each)) for name, each in definitions.items()}), 9)
    second = lzma.compress(encode(texts), preset=9)
    path.write_bytes(HEADER.pack(MAGIC, len(first), len(second)) + first + second)


def _sections() -> tuple[bytes, bytes]:
    try:
        data = PATH.read_bytes()
    except FileNotFoundError as error:
        raise SchemaPackError(f"{PATH} is missing: run build_schema_pack.py in a checkout") from error
    magic, first, second = HEADER.unpack_from(data)
    if magic != MAGIC or len(data) != HEADER.size + first + second:
        raise SchemaPackError(f"{PATH} is damaged: install the package again")
    return data[HEADER.size : HEADER.size + first], data[HEADER.size + first :]


def _interned(value: Any) -> Any:
    """Share the few words that schemas repeat."""
    if isinstance(value, dict):
        return {sys.intern(key): _interned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_interned(inner) for inner in value]
    return sys.intern(value) if isinstance(value, str) else value
