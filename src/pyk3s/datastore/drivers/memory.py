"""A datastore that lives as long as its process: for tests, and for clusters that are thrown away. URL `memory://`."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from pyk3s.datastore.contract import Encode, Event, Record, Snapshot
from pyk3s.datastore.ledger import Change, Ledger

KEPT_EVENTS = 10_000


class MemoryDatastore:
    """Every write is committed at once."""

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self._ledger = Ledger()
        self._log: deque[Event] = deque(maxlen=kept_events)
        self._receivers: list[Callable[[Sequence[Event]], None]] = []

    def subscribe(self, receive: Callable[[Sequence[Event]], None]) -> None:
        self._receivers.append(receive)

    async def load(self) -> Snapshot:
        return self._ledger.snapshot()

    async def recent(self, most_bytes: int) -> Sequence[Event]:
        found: list[Event] = []
        for event in reversed(self._log):
            most_bytes -= len(event.previous or b"") + (len(event.value) if event.deleted else 0)
            if most_bytes < 0:
                break
            found.append(event)
        found.reverse()
        return found

    async def put(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return self._commit(self._ledger.put(key, encode, expected), lazy)

    async def delete(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return self._commit(self._ledger.delete(key, encode, expected), lazy)

    def _commit(self, change: Change, lazy: bool) -> Record:
        if not lazy:
            self._log.append(change.event)
        for receive in self._receivers:
            receive((change.event,))
        return change.after

    async def check(self) -> None:
        """Memory takes every write."""

    async def scrub(self) -> None:
        self._log.clear()

    async def run(self) -> None:
        """Memory is never lost."""
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Nothing to flush."""


def begin_url(_url: str) -> Callable[[], Awaitable[MemoryDatastore]]:
    async def made() -> MemoryDatastore:
        return MemoryDatastore()

    return made
