"""A datastore that lives as long as its process: for tests, and for clusters that are thrown away. URL `memory://`."""

from collections import deque
from collections.abc import Callable, Sequence

from pyk3s.datastore.contract import Compacted, Encode, Event, Record, Snapshot
from pyk3s.datastore.ledger import Change, Ledger

KEPT_EVENTS = 10_000


class MemoryDatastore:
    """Every write is committed at once."""

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self._ledger = Ledger()
        self._log: deque[Event] = deque(maxlen=kept_events)
        self._receivers: list[Callable[[Sequence[Event]], None]] = []
        self._compacted = 0

    def subscribe(self, receive: Callable[[Sequence[Event]], None]) -> None:
        self._receivers.append(receive)

    async def load(self) -> Snapshot:
        return self._ledger.snapshot()

    async def history(self, after: int) -> Sequence[Event]:
        if after < self._compacted:
            raise Compacted(self._compacted)
        return [event for event in self._log if event.revision > after]

    async def put(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return self._commit(self._ledger.put(key, encode, expected), lazy)

    async def delete(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return self._commit(self._ledger.delete(key, encode, expected), lazy)

    def _commit(self, change: Change, lazy: bool) -> Record:
        if not lazy:
            if len(self._log) == self._log.maxlen:
                self._compacted = self._log[0].revision
            self._log.append(change.event)
        for receive in self._receivers:
            receive((change.event,))
        return change.after

    async def check(self) -> None:
        """Memory takes every write."""

    async def scrub(self) -> None:
        self._log.clear()
        self._compacted = self._ledger.revision

    async def close(self) -> None:
        """Nothing to flush."""


async def open_url(_url: str) -> MemoryDatastore:
    return MemoryDatastore()
