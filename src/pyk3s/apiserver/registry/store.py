"""One served resource bound to where it is stored: keys, encoding with the revision inside, decoding, reading.

Several served versions of a resource share one collection; objects are stored in one version and converted on the way.
Where only a webhook knows how, `readable` and `encoder` ask it; what is in the wanted version already goes by unasked.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from pyk3s.api import catalog, conversion, status
from pyk3s.api.schema import storing
from pyk3s.apiserver.cache import collection as collections
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.strategies import base
from pyk3s.datastore import contract

JSON = dict[str, Any]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Converter(Protocol):
    """Brings objects into another version of their kind, by asking somebody; raises StatusError."""

    async def convert(self, objects: Sequence[JSON], api_version: str) -> list[JSON]: ...


class ResourceStore:
    """A resource as the handlers see it. `served` is what clients speak, `stored` what the datastore holds."""

    def __init__(
        self,
        served: catalog.Resource,
        stored: catalog.Resource,
        collection: collections.Collection,
        strategy: base.Strategy,
        converter: Converter | None = None,
    ):
        self.served, self.stored = served, stored
        self.collection, self.strategy = collection, strategy
        self.converter = converter
        """Set where `decode` and `shown` may only be given what `readable` has returned."""
        self.selects_elsewhere = converter is not None and served.api_version != stored.api_version
        """Whether the fields that selectors of this version name are not in the stored bytes."""
        custom = served.custom
        self.converts = not custom.stored_as_shown if custom else served.api_version != stored.api_version
        self.head, self._served_head = _head(stored), _head(served)
        self._revision_at = len(self.head) + len(b'"metadata":{"resourceVersion":"')
        self.name = served.api_version
        self.typed_items = custom is not None
        """Whether items of a list say their kind: those of custom resources do."""

    def key(self, namespace: str, name: str) -> str:
        """The key of an object relative to its collection."""
        return f"{namespace}/{name}" if self.served.namespaced else name

    def path(self, key: str) -> str:
        """The key of an object in the datastore."""
        return self.collection.prefix + key

    def entry(self, namespace: str, name: str) -> entries.Entry:
        """The live object; raises 404."""
        found = self.collection.get(f"{namespace}/{name}" if self.served.namespaced else name)
        if found is None:
            raise status.not_found(self.served.group, self.served.plural, name)
        return found

    def decode(self, entry: entries.Entry) -> JSON:
        """A fresh copy of an object in the served version."""
        obj: JSON = _decode(entry.value)
        return conversion.convert(obj, self.served) if self.converts else obj

    def shown(self, entry: entries.Entry) -> bytes:
        """The bytes of an object in the served version."""
        return _encode(self.decode(entry)) if self.converts else entry.value

    async def readable(self, entry: entries.Entry) -> entries.Entry:
        """An entry that `decode` and `shown` take: itself, or its form in the served version, which a webhook makes."""
        if self.converter is None or entry.value.startswith(self._served_head):
            return entry
        return (await self.readable_all((entry,)))[0]

    async def readable_all(self, listed: Sequence[entries.Entry]) -> list[entries.Entry]:
        """The same for several, with one question for all."""
        result = list(listed)
        if self.converter is None:
            return result
        foreign = [at for at, entry in enumerate(listed) if not entry.value.startswith(self._served_head)]
        if foreign:
            made = await self.converter.convert([_decode(listed[at].value) for at in foreign], self.served.api_version)
            for at, obj in zip(foreign, made, strict=True):
                entry = listed[at]
                value = _encode(_in_order(obj, self.served, obj["metadata"]["resourceVersion"]))
                result[at] = entries.Entry(entry.key, entry.revision, value)
        return result

    async def served_form(self, obj: JSON) -> JSON:
        """An object of another version of the resource in the served one; `obj` stays as it is. Raises StatusError."""
        if self.served.custom is None:
            return conversion.convert(obj, self.served)
        api_version = self.served.api_version
        if self.converter is not None:
            obj = (await self.converter.convert((obj,), api_version))[0]
        return self.served.custom.shown(_decode(_encode(obj)), api_version)

    def is_current(self, entry: entries.Entry) -> bool:
        """Whether an object is stored in the version in which it would be written now."""
        return not self.converts or entry.value.startswith(self.head)

    async def encoder(self, obj: JSON) -> contract.Encode:
        """`encode`, where need be after a webhook has brought the object into the stored version."""
        if self.converter is None or self.served.api_version == self.stored.api_version:
            return self.encode(obj)
        whole = {**obj, "kind": self.served.kind, "apiVersion": self.served.api_version}
        return self._encode((await self.converter.convert((whole,), self.stored.api_version))[0])

    def encode(self, obj: JSON) -> contract.Encode:
        """How the datastore makes the bytes of an object, once it knows the revision."""
        return self._encode(conversion.convert(obj, self.stored) if self.converts else obj)

    def _encode(self, obj: JSON) -> contract.Encode:
        """The revision comes first in the metadata, so that it has one place in the encoded bytes."""
        storing.forget_empty(self.stored.definition, obj)
        data = _encode(_in_order(obj, self.stored, ""))
        before, after = data[: self._revision_at], data[self._revision_at :]
        return lambda revision: b"%b%d%b" % (before, revision, after)

    def encode_unwritten(self, obj: JSON) -> bytes:
        """The bytes of an object that is not written (a dry run), with the revision that it carries."""
        whole = {"kind": self.served.kind, "apiVersion": self.served.api_version, **obj}
        return _encode(whole)


def _head(resource: catalog.Resource) -> bytes:
    """How the bytes of every object begin."""
    return b'{"kind":%b,"apiVersion":%b,' % (_encode(resource.kind), _encode(resource.api_version))


def _in_order(obj: JSON, resource: catalog.Resource, revision: str) -> JSON:
    metadata = {"resourceVersion": "", **obj["metadata"]}
    metadata["resourceVersion"] = revision
    whole = {
        "kind": "",
        "apiVersion": "",
        "metadata": metadata,
        **obj,
    }  # sets the order; what `obj` says comes in its place
    whole["kind"], whole["apiVersion"], whole["metadata"] = resource.kind, resource.api_version, metadata
    return whole
