"""What plug-ins look up: small facts read out of objects in the cache, decoded once per revision of an object.

What was found is kept until the object changes, and the facts of each namespace until any object of the resource does:
asking again for those of a namespace costs a look at a number, whether there are any or not.
"""

from collections.abc import Callable, Mapping, Sequence
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
        self._gathered_at: int | None = None
        self._by_namespace: Mapping[str, Sequence[Fact]] = {}

    def get(self, name: str, namespace: str = "") -> Fact | None:
        """The fact about one object, if there is that object."""
        entry = self._store.collection.get(self._store.key(namespace, name))
        return self._fact(entry) if entry is not None else None

    def all(self, namespace: str = "") -> Sequence[Fact]:
        """The facts of one namespace, or of a resource without any, in order of name; one list until it changes."""
        collection = self._store.collection
        if self._gathered_at != collection.changed_at:
            self._by_namespace = self._gathered()
            self._gathered_at = collection.changed_at
        return self._by_namespace.get(namespace, ())

    def _gathered(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for entry in self._store.collection.scan():
            found.setdefault(entry.namespace, []).append(self._fact(entry))
        return found

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
