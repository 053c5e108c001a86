"""The state of a datastore in memory: who holds which key at which revision, and what a write does to it.

Pure and synchronous; drivers add persistence. Values are the very bytes that readers hold, so keeping them costs a
reference. A driver that cannot persist what it has entered takes it back with `undo`, newest first.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pyk3s.datastore.contract import Conflict, Encode, Event, Record, Snapshot


class Change(NamedTuple):
    """One write as entered: the event it causes, and the record before it."""

    event: Event
    before: Record | None

    @property
    def after(self) -> Record:
        """What the writer gets back: for a deletion the last state."""
        return Record(self.event.key, self.event.revision, self.event.value)


class Ledger:
    """Live records and the revision counter."""

    def __init__(self, revision: int = 0, records: Iterable[Record] = ()):
        self.revision = revision
        self.live: dict[str, Record] = {record.key: record for record in records}

    def put(self, key: str, encode: Encode, expected: int) -> Change:
        """Enter a write; raises Conflict. A failing `encode` leaves no trace."""
        before = self._expect(key, expected)
        revision = self.revision + 1
        value = encode(revision)
        self.revision = revision
        self.live[key] = Record(key, revision, value)
        return Change(Event(revision, key, value, before.value if before else None, False), before)

    def delete(self, key: str, encode: Encode, expected: int) -> Change:
        """Enter a deletion; raises Conflict, also where the key does not exist."""
        before = self._expect(key, expected)
        if before is None:
            raise Conflict(key, None)
        revision = self.revision + 1
        value = encode(revision)
        self.revision = revision
        del self.live[key]
        return Change(Event(revision, key, value, before.value, True), before)

    def _expect(self, key: str, expected: int) -> Record | None:
        current = self.live.get(key)
        if (current.revision if current else 0) != expected:
            raise Conflict(key, current)
        return current

    def undo(self, changes: Sequence[Change]) -> None:
        """Take back the newest changes. Their revisions are not used again."""
        for change in reversed(changes):
            if change.before is None:
                self.live.pop(change.event.key, None)
            else:
                self.live[change.event.key] = change.before

    def snapshot(self) -> Snapshot:
        return Snapshot(self.revision, [self.live[key] for key in sorted(self.live)])
