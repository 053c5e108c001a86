"""One served resource bound to where it is stored: keys, encoding with the revision inside, decoding, reading.

Several served versions of a resource share one collection; objects are stored in one version and converted on the way.
"""

from typing import Any

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


class ResourceStore:
    """A resource as the handlers see it. `served` is what clients speak, `stored` what the datastore holds."""

    def __init__(
        self,
        served: catalog.Resource,
        stored: catalog.Resource,
        collection: collections.Collection,
        strategy: base.Strategy,
    ):
        self.served, self.stored = served, stored
        self.collection, self.strategy = collection, strategy
        custom = served.custom
        self.converts = not custom.stored_as_shown if custom else served.api_version != stored.api_version
        self.head = b'{"kind":%b,"apiVersion":%b,' % (_encode(stored.kind), _encode(stored.api_version))
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

    def encode(self, obj: JSON) -> contract.Encode:
        """How the datastore makes the bytes of an object, once it knows the revision. The revision comes first in the
        metadata, so that it has one place in the encoded bytes.
        """
        if self.converts:
            obj = conversion.convert(obj, self.stored)
        storing.forget_empty(self.stored.definition, obj)
        metadata = {"resourceVersion": "", **obj["metadata"]}
        metadata["resourceVersion"] = ""
        whole = {"kind": self.stored.kind, "apiVersion": self.stored.api_version, "metadata": metadata}
        whole.update((key, value) for key, value in obj.items() if key not in whole)
        data = _encode(whole)
        before, after = data[: self._revision_at], data[self._revision_at :]
        return lambda revision: b"%b%d%b" % (before, revision, after)

    def encode_unwritten(self, obj: JSON) -> bytes:
        """The bytes of an object that is not written (a dry run), with the revision that it carries."""
        whole = {"kind": self.served.kind, "apiVersion": self.served.api_version, **obj}
        return _encode(whole)
