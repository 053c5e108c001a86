"""Events are kept for a time after they were last written, then deleted.

One number per Event is kept, in the order in which they end; whoever is due first is slept for, nothing is polled, and
without Events nothing wakes up. After a restart the times that Events state themselves are gone by.
"""

import asyncio

import msgspec

from pyk3s.apiserver.authz import following
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import deletion
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract
from pyk3s.lib import tasks, timestamps

TTL_S = 3600.0
GATHER_S = 30.0  # those due within this time go together
SLICE = 200  # deletions between which others get their turn


class _Metadata(msgspec.Struct, rename="camel"):
    creation_timestamp: str | None = None


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: str | None = None


class _Stated(msgspec.Struct, rename="camel"):
    """When an Event says that something happened."""

    metadata: _Metadata
    last_timestamp: str | None = None
    event_time: str | None = None
    series: _Series | None = None


_decode = msgspec.json.Decoder(_Stated).decode


def stated_time(value: bytes) -> float:
    """Seconds since 1970 of the newest time in an Event; 0 for one without any that can be read."""
    try:
        found = _decode(value)
    except msgspec.DecodeError:
        return 0.0
    series = found.series.last_observed_time if found.series is not None else None
    newest = 0.0
    for text in (found.metadata.creation_timestamp, found.last_timestamp, found.event_time, series):
        if text:
            try:
                newest = max(newest, timestamps.parse_rfc3339(text))
            except ValueError:
                continue
    return newest


class Expiry:
    """Deletes the Events of one server."""

    def __init__(self, registry: registries.Registry, ttl_s: float = TTL_S):
        self._registry, self._ttl_s = registry, ttl_s
        self._store = registry.find("", "events")
        self._due: dict[str, float] = {}  # by key, the first to end first; of the monotonic clock
        self._some = asyncio.Event()
        self._tasks = tasks.TaskOwner("expiry")

    def start(self) -> None:
        """Begin with a loaded cache. A time of 0 means that Events are kept for ever."""
        if not self._ttl_s:
            return
        clock, collection = self._registry.clock, self._store.collection
        ages = {each.key: clock.time() - stated_time(each.value) for each in collection.scan()}
        for key, age in sorted(ages.items(), key=lambda item: -item[1]):
            self._due[key] = clock.monotonic() + min(max(self._ttl_s - age, 0.0), self._ttl_s)
        collection.watchers.add(following.Follower(self._changed))
        self._tasks.start(self._run(), "events")
        if self._due:
            self._some.set()

    async def close(self) -> None:
        await self._tasks.close()

    def _changed(self, old: entries.Entry | None, new: entries.Entry | None) -> None:
        if old is not None:
            self._due.pop(old.key, None)
        if new is not None:
            self._due[new.key] = self._registry.clock.monotonic() + self._ttl_s
            self._some.set()

    async def _run(self) -> None:
        clock = self._registry.clock
        while True:
            await self._some.wait()
            self._some.clear()
            while self._due:
                first = next(iter(self._due.values()))
                if (wait_s := first - clock.monotonic()) > 0:
                    await clock.sleep(wait_s + GATHER_S)
                await self._delete_due(clock.monotonic())

    async def _delete_due(self, now: float) -> None:
        due = []
        for key, ends in self._due.items():
            if ends > now:
                break
            due.append(key)
        for number, key in enumerate(due, 1):
            try:
                await self._delete(key)
            except contract.Unavailable:  # such as a full disk: all of them are tried again later
                self._due = {key: now + GATHER_S, **self._due}
                return
            if not number % SLICE:
                await asyncio.sleep(0)

    async def _delete(self, key: str) -> None:
        self._due.pop(key, None)
        entry = self._store.collection.get(key)
        if entry is None:
            return
        obj = self._store.decode(entry)
        try:
            await deletion.remove(self._registry, self._store, entry, obj, last=obj)
        except contract.Conflict:
            return  # somebody has just written it, and so has prolonged it
