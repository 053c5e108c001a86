"""Who watches a collection, found by interest: an event costs what its listeners cost, not what all watchers cost.

A watcher listens to everything, to one namespace, to one object, or to one value of an indexed field (a pod's node).
Frames are encoded once per change and representation. A watcher that lags too far behind is ended, and resumes.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import selection

MOST_PENDING_BYTES = 8 << 20
Interest = tuple[str, str]
EVERYTHING: Interest = ("", "")
Matches = Callable[[entries.Entry], bool]
Frames = dict[tuple[str, str], bytes]


class Representation(Protocol):
    """How objects are shown to a watcher; equal names show equal bytes."""

    @property
    def name(self) -> str: ...

    def shown(self, entry: entries.Entry) -> bytes: ...

    def encoded(self, obj: dict[str, Any]) -> bytes: ...

    def frame(self, kind: str, shown: bytes) -> bytes: ...


class Watcher:
    """One open watch: frames that wait to be sent."""

    def __init__(self, interest: Interest, matches: Matches | None, representation: Representation):
        self.interest = interest
        self._matches, self._representation = matches, representation
        self._pending: list[bytes | entries.Change] = []
        self._pending_bytes = 0
        self._wake = asyncio.Event()
        self.ended = False
        self.after = 0
        """Changes up to this revision are not told: the watch was asked for from a later one on than there is."""

    def offer(self, change: entries.Change, frames: Frames) -> None:
        """Queue the frame of a change, if this watcher is to see it; `frames` holds those already encoded."""
        if told := self._frame(change, frames):
            self.push(told)

    def _frame(self, change: entries.Change, frames: Frames) -> bytes:
        kind, entry = self._seen(change)
        if not kind or entry is None:
            return b""
        name = (kind, self._representation.name)
        told = frames.get(name)
        if told is None:
            told = frames[name] = self._representation.frame(kind, self._representation.shown(entry))
        return told

    def _seen(self, change: entries.Change) -> tuple[str, entries.Entry | None]:
        if change.revision <= self.after:
            return "", None
        old, matches = change.old, self._matches
        was = old is not None and (matches is None or matches(old))
        now = not change.deleted and (matches is None or matches(change.entry))
        if now:
            return ("MODIFIED" if was else "ADDED"), change.entry
        if not was or old is None:
            return "", None
        return "DELETED", change.entry if change.deleted else old.at_revision(change.revision)

    def preload(self, told: bytes) -> None:
        """Queue what was there before the watch began; does not count as lagging."""
        if told:
            self._pending.append(told)
            self._wake.set()

    def push(self, told: bytes) -> None:
        """Queue a ready frame."""
        self._queue(told, len(told))

    def _queue(self, item: bytes | entries.Change, size: int) -> None:
        if self.ended:
            return
        self._pending.append(item)
        self._pending_bytes += size
        if self._pending_bytes > MOST_PENDING_BYTES:
            self._pending.clear()
            self.ended = True
        self._wake.set()

    def end(self) -> None:
        """Let the stream end after what is queued."""
        self.ended = True
        self._wake.set()

    async def take(self) -> bytes:
        """Everything queued, as soon as there is something; empty when the watch has ended."""
        return b"".join([item for item in await self._next() if isinstance(item, bytes)])

    async def _next(self) -> list[bytes | entries.Change]:
        while not self._pending:
            if self.ended:
                return []
            self._wake.clear()
            await self._wake.wait()
        taken, self._pending, self._pending_bytes = self._pending, [], 0
        return taken


class Watchers:
    """The watchers of one collection, by interest."""

    def __init__(self, index: selection.Index):
        self.index = index
        self._by_interest: dict[Interest, set[Watcher]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_interest.values()))

    def add(self, watcher: Watcher) -> None:
        self._by_interest.setdefault(watcher.interest, set()).add(watcher)

    def remove(self, watcher: Watcher) -> None:
        group = self._by_interest.get(watcher.interest)
        if group is None:
            return
        group.discard(watcher)
        if not group:
            del self._by_interest[watcher.interest]

    def publish(self, change: entries.Change) -> None:
        """Offer a change to everyone who may want to see it."""
        if not self._by_interest:
            return
        frames: Frames = {}
        for interest in self.interests(change):
            if group := self._by_interest.get(interest):
                for watcher in tuple(group):
                    if watcher.ended:
                        self.remove(watcher)
                    else:
                        watcher.offer(change, frames)

    def interests(self, change: entries.Change) -> set[Interest]:
        """Under which interests a change is news."""
        entry, old, paths = change.entry, change.old, self.index.paths
        found = {EVERYTHING, ("namespace", entry.namespace), ("key", entry.key)}
        if paths:
            found.update(zip(paths, entry.indexed(self.index), strict=True))
            if old is not None:
                found.update(zip(paths, old.indexed(self.index), strict=True))
        return found

    def end_all(self) -> None:
        """End every watch, as the server stops or its resource goes."""
        for group in list(self._by_interest.values()):
            for watcher in list(group):
                watcher.end()
