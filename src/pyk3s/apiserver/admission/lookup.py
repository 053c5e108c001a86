"""What plug-ins look up: small facts read out of objects in the cache, decoded once per revision of an object.

A look-up in an empty namespace is two binary searches; what it found is kept until the object changes.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
Fact = TypeVar("Fact")
_SPARE = 64  # facts of deleted objects that may stay before they are swept out


class Lookup(Generic[Fact]):
    """Facts about the objects of one built-in resource."""

    def __init__(self, registry: registries.Registry, group: str, plural: str, read: Callable[[JSON], Fact]):
        self._store = registry.find(group, plural)
        self._read = read
        self._facts: dict[str, tuple[int, Fact]] = {}

    def get(self, name: str, namespace: str = "") -> Fact | None:
        """The fact about one object, if there is that object."""
        entry = self._store.collection.get(self._store.key(namespace, name))
        return self._fact(entry) if entry is not None else None

    def all(self, namespace: str = "") -> list[Fact]:
        """The facts of one namespace, or of all, in order of name."""
        collection = self._store.collection
        return [self._fact(entry) for entry in collection.scan(namespace)] if len(collection) else []

    def _fact(self, entry: entries.Entry) -> Fact:
        known = self._facts.get(entry.key)
        if known is not None and known[0] == entry.revision:
            return known[1]
        self._sweep()
        fact = self._read(self._store.decode(entry))
        self._facts[entry.key] = (entry.revision, fact)
        return fact

    def _sweep(self) -> None:
        collection = self._store.collection
        if len(self._facts) > len(collection) + _SPARE:
            self._facts = {key: fact for key, fact in self._facts.items() if collection.get(key) is not None}
