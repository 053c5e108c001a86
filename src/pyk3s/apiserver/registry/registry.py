"""Finds the store of each served resource; the one home of cache, datastore, admission and clock."""

from typing import Any

from pyk3s.api import catalog, status
from pyk3s.api.schema import pack as packs
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.cache import selection
from pyk3s.apiserver.cache import store as caches
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.strategies import base
from pyk3s.datastore import contract
from pyk3s.lib import clock as clocks
from pyk3s.lib import randomness, timestamps

JSON = dict[str, Any]
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 58


class Registry:
    """Everything that handlers need to read and write objects."""

    def __init__(
        self,
        pack: packs.Pack,
        cache: caches.Cache,
        datastore: contract.Datastore,
        strategies: dict[tuple[str, str], base.Strategy],
        clock: clocks.Clock,
    ):
        self.pack, self.cache, self.datastore, self.clock = pack, cache, datastore, clock
        self.catalog = pack.catalog
        self.admission = chain.Chain(())
        self._strategies = strategies
        self._generic = base.Strategy()
        self._stores: dict[catalog.Resource, stores.ResourceStore] = {}
        for resource in self.catalog:
            if resource.stored:
                self.store(resource)

    def strategy(self, resource: catalog.Resource) -> base.Strategy:
        """What the kind of a resource does differently."""
        return self._strategies.get((resource.group, resource.plural), self._generic)

    def store(self, resource: catalog.Resource) -> stores.ResourceStore:
        """The store of a served resource."""
        found = self._stores.get(resource)
        if found is None:
            stored = self._stored(resource)
            strategy = self.strategy(stored)
            projection = selection.Projection(strategy.selectable)
            collection = self.cache.register(resource.storage_prefix, projection, strategy.indexed, lazy=strategy.lazy)
            found = self._stores[resource] = stores.ResourceStore(resource, stored, collection, strategy)
        return found

    def adopt(
        self,
        resource: catalog.Resource,
        strategy: base.Strategy,
        *,
        stored: catalog.Resource,
        converter: stores.Converter | None = None,
    ) -> stores.ResourceStore:
        """Serve a custom resource that is stored as `stored`, or serve it in another way than before."""
        self.forget(resource)
        self.catalog.add(resource)
        self._strategies[(resource.group, resource.plural)] = strategy
        made = self._stores[resource] = self.custom_store(resource, strategy, stored=stored, converter=converter)
        return made

    def custom_store(
        self,
        resource: catalog.Resource,
        strategy: base.Strategy,
        *,
        stored: catalog.Resource,
        converter: stores.Converter | None = None,
    ) -> stores.ResourceStore:
        """The store of one version of a custom resource, whether it is served or not."""
        collection = self.cache.register(resource.storage_prefix, selection.Projection(strategy.selectable))
        return stores.ResourceStore(resource, stored, collection, strategy, converter)

    def forget(self, resource: catalog.Resource) -> None:
        """A custom resource is no longer served."""
        self._stores.pop(resource, None)
        self.catalog.remove(resource)
        self._strategies.pop((resource.group, resource.plural), None)

    def _stored(self, resource: catalog.Resource) -> catalog.Resource:
        version = resource.storage_version or resource.version
        group = resource.storage_group if resource.storage_version else resource.group
        return self.catalog.find(group, version, resource.plural) or resource

    def find(self, group: str, plural: str) -> stores.ResourceStore:
        """The store of a built-in resource in version v1."""
        resource = self.catalog.find(group, "v1", plural)
        if resource is None:
            raise status.no_such_resource()
        return self.store(resource)

    def read(self, group: str, plural: str, name: str, *, namespace: str = "") -> JSON | None:
        """An object, or None: for plug-ins and strategies that must look something up."""
        store = self.find(group, plural)
        entry = store.collection.get(store.key(namespace, name))
        return store.decode(entry) if entry is not None else None

    def read_all(self, group: str, plural: str, *, namespace: str = "") -> list[JSON]:
        """All objects of a resource, in one namespace or everywhere."""
        store = self.find(group, plural)
        return [store.decode(entry) for entry in store.collection.scan(namespace)]

    def now(self) -> str:
        """The time as metav1.Time."""
        return timestamps.rfc3339(self.clock.time())


def generated_name(prefix: str) -> str:
    """A name from generateName: the prefix, cut to fit, and five characters."""
    return prefix[:_LONGEST_PREFIX] + suffix()


def suffix() -> str:
    """Five random characters, without those that make words."""
    number, letters = int.from_bytes(randomness.draw()), ""
    for _ in range(5):
        number, place = divmod(number, len(_SUFFIX_LETTERS))
        letters += _SUFFIX_LETTERS[place]
    return letters
