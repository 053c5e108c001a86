"""A registry over a dictionary, for plug-ins that look things up and write quotas."""

import msgspec

from pyk3s.api.schema import pack as packs
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import store as caches
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract
from pyk3s.lib import clock as clocks

ALICE = identity.User("alice", ("system:authenticated",))


class Written:
    """Takes writes into the cache, under the revision that they expect."""

    def __init__(self) -> None:
        self.cache = caches.Cache()
        self.conflicts = 0

    async def put(self, key, encode, *, expected, lazy):
        if self.conflicts:
            self.conflicts -= 1
            raise contract.Conflict(key, None)
        where, relative = self.cache._locate(key)
        held = where.get(relative)
        assert held is None or held.revision == expected
        self.cache.revision += 1
        value = encode(self.cache.revision)
        where.apply(entries.Entry(relative, self.cache.revision, value), deleted=False, stamp=0.0)
        return contract.Record(key, self.cache.revision, value)


def build(*objects):
    """A registry that holds objects."""
    written = Written()
    registry = registries.Registry(packs.load(), written.cache, written, {}, clocks.SystemClock())
    for obj in objects:
        add(registry, obj)
    return registry


def add(registry, obj):
    group, _, version = obj["apiVersion"].rpartition("/")
    store = registry.store(registry.catalog.by_kind(group, version, obj["kind"]))
    metadata = {"creationTimestamp": "2026-01-01T00:00:00Z", "resourceVersion": "1", **obj["metadata"]}
    registry.cache.revision += 1
    key = store.key(metadata.get("namespace", ""), metadata["name"])
    entry = entries.Entry(key, registry.cache.revision, msgspec.json.encode({**obj, "metadata": metadata}))
    store.collection.apply(entry, deleted=False, stamp=0.0)


def named(kind, name, *, api="v1", namespace="", **rest):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def pod(*containers, **spec):
    listed = list(containers) or [{"name": "main", "image": "app:1"}]
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"containers": listed, **spec}}


def asked(registry, group, plural, obj, *, old=None, operation=None, user=ALICE, subresource="", dry_run=False):
    """Attributes of a create, or of an update where there is an old object."""
    version = "v1" if registry.catalog.find(group, "v1", plural) else "v2"
    return chain.Attributes(
        operation or (chain.UPDATE if old is not None else chain.CREATE),
        registry.catalog.find(group, version, plural),
        obj["metadata"].get("namespace", ""),
        obj["metadata"]["name"],
        user,
        obj,
        old,
        subresource=subresource,
        dry_run=dry_run,
    )
