"""Objects in Kubernetes' protobuf form: `k8s\\0` and an envelope that says the kind, around the message of that kind.

Messages are described by facts in protobuf_fields.json, read at the first use. Where the JSON form of a message is
another one, protobuf_shapes.py says how they go together. Zero numbers and false that a sender writes for every plain
field are dropped, as JSON omits them; fields where zero means something are listed there. Lists of any kind, Status and
options are messages like any other. Whoever calls bounds the size of the input; nesting is bounded here.
"""

import functools
import pathlib
from typing import Any

import msgspec

from pyk3s.api import protobuf_shapes
from pyk3s.lib import protobuf as wire
from pyk3s.lib.protobuf import ProtobufError

JSON = dict[str, Any]

MAGIC = b"k8s\0"
FACTS = pathlib.Path(__file__).with_name("protobuf_fields.json")
_META = "k8s.io.apimachinery.pkg.apis.meta.v1"
_UNKNOWN = "k8s.io.apimachinery.pkg.runtime.Unknown"
_ENVELOPE = {
    _UNKNOWN: [
        [1, "typeMeta", "TypeMeta"],
        [2, "raw", "bytes"],
        [3, "contentEncoding", "string"],
        [4, "contentType", "string"],
    ],
    "k8s.io.apimachinery.pkg.runtime.TypeMeta": [[1, "apiVersion", "string"], [2, "kind", "string"]],
}
_PACKAGES = {"": "core", "internal.apiserver.k8s.io": "apiserverinternal"}
_BUILT_IN = frozenset(("", "k8s.io", "authorization.k8s.io", "apiserver.k8s.io"))
"""What follows the first part, which names the package, of the groups that have a protobuf form."""

__all__ = ["MAGIC", "ProtobufError", "decode", "encode", "encode_watch_event", "supports"]


def decode(data: bytes) -> JSON:
    """The object in an envelope, as JSON has it; raises ProtobufError for anything else, and for an unknown kind."""
    if not data.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = _envelope().decode(_UNKNOWN, data[len(MAGIC) :])
    type_meta = envelope.get("typeMeta", {})
    api_version, kind = type_meta.get("apiVersion", ""), type_meta.get("kind", "")
    raw = envelope.get("raw", b"")
    if envelope.get("contentEncoding"):
        raise ProtobufError(f"content encoding {envelope['contentEncoding']} is not supported")
    if envelope.get("contentType", "").startswith("application/json"):
        return _json_object(raw)
    message = _message(api_version, kind)
    if message is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    obj: JSON = {"kind": kind, "apiVersion": api_version}
    obj.update(_codec().decode(message, raw))
    return obj


def encode(obj: JSON) -> bytes:
    """The envelope of an object; raises ProtobufError for a kind without a protobuf form, such as a custom one."""
    api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    message = _message(api_version, kind)
    if message is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    raw = _codec().encode(message, obj)
    type_meta = {"apiVersion": api_version, "kind": kind}
    return MAGIC + _envelope().encode(_UNKNOWN, {"typeMeta": type_meta, "raw": raw})


def supports(api_version: str, kind: str) -> bool:
    """Whether a kind has a protobuf form: all built-in ones have but tables, and no custom one, whatever its name."""
    return _message(api_version, kind) is not None


def encode_watch_event(type_: str, obj: bytes) -> bytes:
    """One frame of a protobuf watch: its length in four bytes, then a WatchEvent around an encoded object."""
    event = {"type": type_, "object": {"raw": obj}}
    frame = _envelope_of_events().encode(f"{_META}.WatchEvent", event)
    return len(frame).to_bytes(4, "big") + frame


def _json_object(raw: bytes) -> JSON:
    try:
        obj: JSON = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ProtobufError(f"the envelope holds no JSON object: {error}") from error
    return obj


@functools.cache
def _facts() -> dict[str, list[list[Any]]]:
    packages = msgspec.json.decode(FACTS.read_bytes(), type=dict[str, dict[str, str]])
    return {
        f"{package}.{message}": [_field(fact) for fact in facts.split("|") if fact]
        for package, messages in packages.items()
        for message, facts in messages.items()
    }


def _field(fact: str) -> list[Any]:
    number, name, kind = fact.split(" ")
    return [int(number), name, kind]


@functools.cache
def _kinds() -> dict[tuple[str, str], str]:
    """(package such as `apps.v1`, message) to full name."""
    return {(".".join(name.split(".")[-3:-1]), name.rpartition(".")[2]): name for name in _facts()}


def _message(api_version: str, kind: str) -> str | None:
    group, _, version = api_version.rpartition("/")
    first, _, rest = group.partition(".")
    if rest not in _BUILT_IN and not kind.endswith("Options"):
        return None
    package = _PACKAGES.get(group) or first
    return _kinds().get((f"{package}.{version}", kind)) or _kinds().get(("meta.v1", kind))


@functools.cache
def _codec() -> wire.Codec:
    return wire.Codec(_facts(), protobuf_shapes.Adapters(_facts()))


@functools.cache
def _envelope() -> wire.Codec:
    return wire.Codec(_ENVELOPE)


@functools.cache
def _envelope_of_events() -> wire.Codec:
    return wire.Codec(
        {
            f"{_META}.WatchEvent": [[1, "type", "string"], [2, "object", "RawExtension"]],
            f"{_META}.RawExtension": [[1, "raw", "bytes"]],
        }
    )
