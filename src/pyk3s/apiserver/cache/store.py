"""All collections together: loads the datastore once, then follows its events.

What the datastore still knows of recent writes is loaded too, so that watches from before a restart resume.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from pyk3s.apiserver.cache import collection as collections
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import selection
from pyk3s.datastore import contract

RESUMABLE_BYTES = 4 << 20  # of states that are no longer live, which a start reads back


class Cache:
    """The watch cache of the whole server.

    Built-in prefixes are registered before `load`; keys of other prefixes, of custom resources, make their collection
    by themselves, from `/registry/<group>/<plural>/`.
    """

    def __init__(self) -> None:
        self.revision = 0
        self.followers: list[Callable[[Sequence[contract.Event]], None]] = []
        """Told of committed events after the cache has them."""
        self._collections: dict[str, collections.Collection] = {}

    def register(
        self, prefix: str, projection: selection.Projection, indexed: tuple[str, ...] = (), *, lazy: bool = False
    ) -> collections.Collection:
        """The collection of a storage prefix such as `/registry/pods/`; made if it is new. The datastore remembers no
        past of what is written lazily.
        """
        found = self._collections.get(prefix)
        if found is None:
            found = collections.Collection(prefix, projection, self.revision, indexed)
            found.lazy = lazy
            self._collections[prefix] = found
        return found

    def __iter__(self) -> Iterator[collections.Collection]:
        return iter(self._collections.values())

    async def load(self, datastore: contract.Datastore) -> None:
        """Read every live object and follow what comes after."""
        datastore.subscribe(self.receive)
        snapshot = await datastore.load()
        self.revision = snapshot.revision
        by_prefix: dict[str, list[entries.Entry]] = {}
        for record in snapshot.records:
            _require_whole(record)
            where, key = self._locate(record.key)
            by_prefix.setdefault(where.prefix, []).append(entries.Entry(key, record.revision, record.value))
        for each in self._collections.values():
            each.load(by_prefix.get(each.prefix, ()))
            each.floor = snapshot.revision
        self._recall(await datastore.recent(RESUMABLE_BYTES))

    def _recall(self, events: Sequence[contract.Event]) -> None:
        """Take in the writes that led to what has been loaded, oldest first."""
        by_prefix: dict[str, list[entries.Change]] = {}
        stamp = time.monotonic()
        for event in events:
            where, key = self._locate(event.key)
            old = entries.stored(key, event.previous) if event.previous is not None else None
            made = entries.Entry(key, event.revision, event.value)
            change = entries.Change(made, old, deleted=event.deleted, stamp=stamp)
            by_prefix.setdefault(where.prefix, []).append(change)
        for each in self._collections.values():
            if events and not each.lazy:
                each.recall(by_prefix.get(each.prefix, ()), events[0].revision - 1)

    def receive(self, events: Sequence[contract.Event]) -> None:
        """Take in committed events."""
        stamp = time.monotonic()
        for event in events:
            where, key = self._locate(event.key)
            self.revision = event.revision
            made = entries.Entry(key, event.revision, event.value)
            where.apply(made, deleted=event.deleted, stamp=stamp)
        for follow in self.followers:
            follow(events)

    def entry(self, key: str) -> entries.Entry | None:
        """The live object at a key of the datastore."""
        where, relative = self._locate(key)
        return where.get(relative)

    def compact(self) -> None:
        """Count everything up to now as compacted."""
        for each in self._collections.values():
            each.compact(self.revision)

    def _locate(self, key: str) -> tuple[collections.Collection, str]:
        parts = key.split("/", 4)  # "", registry, first, second, rest
        prefix = f"/registry/{parts[2]}/"
        found = self._collections.get(prefix)
        if found is None:
            prefix = f"/registry/{parts[2]}/{parts[3]}/"
            found = self._collections.get(prefix) or self.register(prefix, selection.Projection())
        return found, key[len(prefix) :]


def _require_whole(record: contract.Record) -> None:
    """Raise Damaged for what is not JSON: a disk can spoil bytes where the datastore's own check does not look."""
    if record.value.startswith(b"k8s:enc:"):
        what = f"what the datastore holds at {record.key} is encrypted, and there is no key to read it"
        raise contract.Damaged(f"{what}. Restore server/cred/encryption-config.json, from a copy or with a snapshot")
    try:
        msgspec.json.decode(record.value, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"the datastore is damaged: what it holds at {record.key} cannot be read ({error})"
        raise contract.Damaged(f"{what}. Restore a snapshot (`k3s snapshot ls` shows them)") from error
