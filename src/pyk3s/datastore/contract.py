"""What the API server asks of a datastore: keys, bytes, revisions. One suite in tests/contract runs over every driver.

One writer assigns revisions, which only grow and are never used twice, not even after a crash. A write is durable
before `put` or `delete` returns, unless it was `lazy`. Events reach the subscriber in order of revision, and before the
call that caused them returns, so that who wrote can read what it wrote.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

Encode = Callable[[int], bytes]
"""Makes the bytes to store, given the revision that the write gets (so that resourceVersion is inside them)."""


class Record(NamedTuple):
    """A live key: the revision of its last write and its bytes."""

    key: str
    revision: int
    value: bytes


class Event(NamedTuple):
    """One write. For a deletion `value` is the last state, encoded with the revision of the deletion.

    `previous` is the value before, None for a creation.
    """

    revision: int
    key: str
    value: bytes
    previous: bytes | None
    deleted: bool


class Snapshot(NamedTuple):
    """All live records at `revision`, in order of key."""

    revision: int
    records: Sequence[Record]


class DatastoreError(Exception):
    """A datastore could not do what was asked."""


class Conflict(DatastoreError):
    """The key is not at the expected revision; `current` is its record, None if it does not exist."""

    def __init__(self, key: str, current: Record | None):
        super().__init__(f"{key} is not at the expected revision")
        self.key, self.current = key, current


class Unavailable(DatastoreError):
    """The datastore cannot write now (disk full, connection lost); nothing of the request was stored."""


class Damaged(DatastoreError):
    """The stored data is damaged or missing; the message says what to do. Raised when opening, never papered over."""


class Datastore(Protocol):
    """A revisioned key-value store."""

    def subscribe(self, receive: Callable[[Sequence[Event]], None]) -> None:
        """Hand every batch of committed events to `receive`, in the event loop; call before `load`."""

    async def load(self) -> Snapshot:
        """Every live record. Events after its revision reach the subscriber."""

    async def recent(self, most_bytes: int) -> Sequence[Event]:
        """The newest durable writes, oldest first and without a gap: as many as the store remembers, and as hold up to
        so many bytes that are no longer live. Lazy writes are not in it.
        """

    async def put(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        """Write one key. `expected` is its present revision, 0 if it must not exist; raises Conflict, Unavailable.

        A lazy write may be lost in a crash; it is kept in memory first and reaches the disk from time to time. A key is
        always written lazily or never.
        """

    async def delete(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        """Remove one key; `encode` makes its last state as watchers see it. Returns that as a record."""

    async def check(self) -> None:
        """Raise Unavailable if nothing can be written now. After a write that failed one is tried that changes nothing;
        otherwise this costs nothing.
        """

    async def scrub(self) -> None:
        """Let go of everything that is no longer live, history included, on the disk too; raises Unavailable."""

    async def run(self) -> None:
        """Wait for as long as the store can be used; raises Unavailable once it is lost and has to be opened again."""

    async def close(self) -> None:
        """Flush what is lazy and release the store."""
