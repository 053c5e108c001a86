"""How objects are shown: as they are, their metadata alone, or rows of a table; and how events of a watch frame them.
Bytes are spliced, not decoded, except for tables and protobuf.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec

from pyk3s.api import status, tables
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import negotiation, rendering
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import store as stores

JSON = dict[str, Any]
_encode = msgspec.json.Encoder().encode
_serial = itertools.count()
_GENERIC_COLUMN = "Created At"
TABLE_INCLUDES = ("", "None", "Metadata", "Object")


class _Metadata(msgspec.Struct):
    metadata: msgspec.Raw


_metadata = msgspec.json.Decoder(_Metadata).decode


class _InJson:
    """Watch events as lines of JSON."""

    def encoded(self, obj: JSON) -> bytes:
        return _encode(obj)

    def frame(self, kind: str, shown: bytes) -> bytes:
        """One watch event around an encoded object."""
        return b'{"type":"%b","object":%b}\n' % (kind.encode(), shown)


class Objects(_InJson):
    """Whole objects in the version of a store."""

    def __init__(self, store: stores.ResourceStore):
        self._store = store
        self.name = store.name
        self.api_version, self.kind = store.served.api_version, store.served.kind

    def shown(self, entry: entries.Entry) -> bytes:
        return self._store.shown(entry)

    def joined(self, listed: Sequence[entries.Entry], metadata: JSON) -> bytes:
        """A list of objects. Items of built-in kinds leave out kind and apiVersion."""
        store = self._store
        if store.typed_items:
            metadata = {"continue": "", **metadata}
        opening = _opening(store.served.list_kind, store.served.api_version, metadata)
        if not listed:
            return opening + b"]}"
        if store.typed_items:
            items = b",".join([store.shown(entry) for entry in listed])
            return b"%b%b]}" % (opening, items)
        if store.converts:
            items = b",".join([_encode(_untyped(store.decode(entry))) for entry in listed])
            return b"%b%b]}" % (opening, items)
        start = len(store.head)
        pieces: list[bytes | memoryview] = [memoryview(entry.value)[start:] for entry in listed]
        pieces[0] = b"".join((opening, b"{", pieces[0]))
        pieces[-1] = b"".join((pieces[-1], b"]}"))
        return b",{".join(pieces)  # one copy: for a long list the memory touched is the cost


class Partial(_InJson):
    """The metadata alone."""

    kind = "PartialObjectMetadata"

    def __init__(self, version: str):
        self._head = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/%b","metadata":' % version.encode()
        self.api_version = f"meta.k8s.io/{version}"
        self.name = f"partial/{version}"

    def shown(self, entry: entries.Entry) -> bytes:
        return b"%b%b}" % (self._head, _metadata(entry.value).metadata)

    def joined(self, listed: Sequence[entries.Entry], metadata: JSON) -> bytes:
        opening = _opening("PartialObjectMetadataList", self.api_version, metadata)
        return b"%b%b]}" % (opening, b",".join([self.shown(entry) for entry in listed]))


class Table(_InJson):
    """Rows; what `kubectl get` prints. Each watch gets the column definitions once."""

    kind = "Table"

    def __init__(self, store: stores.ResourceStore, version: str, include: str, now: float):
        if include not in TABLE_INCLUDES:
            raise status.bad_request(f'unrecognized includeObject value: "{include}"')
        self._store, self._include, self._now = store, include or "Metadata", now
        self.api_version = f"meta.k8s.io/{version}"
        self.name = f"table/{next(_serial)}"
        self._told = False

    def shown(self, entry: entries.Entry) -> bytes:
        revision = {"resourceVersion": str(entry.revision)}
        made = self._made([entry], revision, with_columns=not self._told)
        self._told = True
        return made

    def joined(self, listed: Sequence[entries.Entry], metadata: JSON) -> bytes:
        return self._made(listed, metadata, with_columns=True)

    def _made(self, listed: Sequence[entries.Entry], metadata: JSON, *, with_columns: bool) -> bytes:
        resource = self._store.served
        return _encode(
            {
                "kind": self.kind,
                "apiVersion": self.api_version,
                "metadata": metadata,
                "columnDefinitions": tables.columns(resource) if with_columns else [],
                "rows": [self._row(entry) for entry in listed] or self._no_rows(),
            }
        )

    def _no_rows(self) -> list[JSON] | None:
        """What an empty table has: upstream's generic tables say null."""
        return None if tables.columns(self._store.served)[-1]["name"] == _GENERIC_COLUMN else []

    def _row(self, entry: entries.Entry) -> JSON:
        obj = self._store.decode(entry)
        cells = tables.row(self._store.served, obj, self._now)
        match self._include:
            case "None":
                shown: Any = None
            case "Object":
                shown = obj
            case _:
                partial = {"kind": "PartialObjectMetadata", "apiVersion": self.api_version}
                shown = {**partial, "metadata": obj["metadata"]}
        row: JSON = {"cells": cells, "object": shown}
        if conditions := tables.conditions(self._store.served, obj):
            row["conditions"] = conditions
        return row


class InProtobuf:
    """Another representation in protobuf, for watches."""

    def __init__(self, plain: Objects | Partial | Table):
        self._plain = plain
        self.name = f"protobuf/{plain.name}"

    def shown(self, entry: entries.Entry) -> bytes:
        return rendering.to_protobuf(self._plain.shown(entry))

    def encoded(self, obj: JSON) -> bytes:
        return rendering.to_protobuf(_encode(obj))

    def frame(self, kind: str, shown: bytes) -> bytes:
        from pyk3s.api import protobuf  # at first use, as rendering does

        return protobuf.encode_watch_event(kind, shown)


Representation = Objects | Partial | Table
Watched = Representation | InProtobuf


def watched(store: stores.ResourceStore, call: calls.Call, now: float) -> Watched:
    """The representation of a watch; raises 406 for a form that has none."""
    shown = chosen(store, call, now)
    if call.form.media == negotiation.JSON:
        return shown
    if call.form.media == negotiation.YAML:
        raise negotiation.not_acceptable()
    from pyk3s.api import protobuf  # at first use, as rendering does

    if not protobuf.supports(shown.api_version, shown.kind):
        raise negotiation.no_protobuf(shown.api_version, shown.kind)
    return InProtobuf(shown)


def chosen(store: stores.ResourceStore, call: calls.Call, now: float) -> Representation:
    """The representation that a call asks for."""
    shape = call.form.shape
    if not shape:
        return Objects(store)
    if shape == "Table":
        return Table(store, call.form.shape_version, call.parameter("includeObject"), now)
    return Partial(call.form.shape_version)


def reshaped(store: stores.ResourceStore, call: calls.Call, body: bytes, now: float) -> bytes:
    """An object's bytes, as written, in the shape that a call asks for."""
    if not call.form.shape:
        return body
    obj = msgspec.json.decode(body)
    revision = int(obj["metadata"].get("resourceVersion") or 0)
    return chosen(store, call, now).shown(entries.Entry("", revision, body))


def bookmark(store: stores.ResourceStore, shown: Watched, revision: int, *, initial_end: bool = False) -> bytes:
    """A BOOKMARK frame: everything up to `revision` has been sent."""
    metadata: JSON = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    served = store.served
    mark = {"kind": served.kind, "apiVersion": served.api_version, "metadata": metadata}
    return shown.frame("BOOKMARK", shown.encoded(mark))


def _untyped(obj: JSON) -> JSON:
    obj.pop("kind", None)
    obj.pop("apiVersion", None)
    return obj


def _opening(kind: str, version: str, metadata: JSON) -> bytes:
    return _encode({"kind": kind, "apiVersion": version, "metadata": metadata})[:-1] + b',"items":['
