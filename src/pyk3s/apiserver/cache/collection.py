"""All objects of one storage prefix: live entries in order of key, and a ring of recent changes.

The ring serves resuming watches and reads at an older revision (by undoing changes). It keeps changes for five minutes,
within a bound of bytes and number; what is older counts as compacted.
"""

import bisect
from collections import deque
from collections.abc import Iterable

from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import selection, watchers

KEPT_S = 300.0
MOST_CHANGES = 20_000
MOST_BYTES = 24 << 20


class TooOld(Exception):
    """The revision lies before what the ring still knows."""


class Collection:
    """The cache of one resource."""

    def __init__(self, prefix: str, projection: selection.Projection, floor: int, indexed: tuple[str, ...] = ()):
        self.prefix, self.projection = prefix, projection
        self.floor = floor
        self.lazy = False
        self.watchers = watchers.Watchers(projection.index(indexed))
        self._entries: dict[str, entries.Entry] = {}
        self._order: list[str] = []
        self._ring: deque[entries.Change] = deque()
        self._ring_bytes = 0
        self.changed_at = 0
        """The revision of the latest change since the server started."""

    def select_by(self, projection: selection.Projection) -> None:
        """Let field selectors use other fields from now on."""
        self.projection = projection
        for each in self._entries.values():
            each.forget_facts()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> entries.Entry | None:
        return self._entries.get(key)

    def load(self, loaded: Iterable[entries.Entry]) -> None:
        """Fill with live entries, without changes."""
        self._entries.update((each.key, each) for each in loaded)
        self._order = sorted(self._entries)

    def recall(self, changes: Iterable[entries.Change], floor: int) -> None:
        """Know the changes after revision `floor` that led to what was loaded."""
        self._ring.extend(changes)
        self._ring_bytes = sum(len(change.entry.value) for change in self._ring)
        self.floor = floor

    def apply(self, made: entries.Entry, *, deleted: bool, stamp: float) -> None:
        """Take in one committed write and tell who watches."""
        key = made.key
        self.changed_at = made.revision
        old = self._entries.get(key)
        if deleted:
            if old is None:
                return
            del self._entries[key]
            del self._order[bisect.bisect_left(self._order, key)]
        else:
            self._entries[key] = made
            if old is None:
                bisect.insort(self._order, key)
        change = entries.Change(made, old, deleted=deleted, stamp=stamp)
        self._remember(change)
        self.watchers.publish(change)

    def _remember(self, change: entries.Change) -> None:
        self._ring.append(change)
        self._ring_bytes += len(change.entry.value)
        oldest = self._ring[0]
        while (
            oldest.stamp < change.stamp - KEPT_S
            or len(self._ring) > MOST_CHANGES
            or (self._ring_bytes > MOST_BYTES and len(self._ring) > 1)
        ):
            self._forget_oldest()
            oldest = self._ring[0]

    def _forget_oldest(self) -> None:
        forgotten = self._ring.popleft()
        self._ring_bytes -= len(forgotten.entry.value)
        self.floor = forgotten.revision

    def compact(self, revision: int) -> None:
        """Forget changes up to `revision`; what lies before it is too old from now on."""
        while self._ring and self._ring[0].revision <= revision:
            self._forget_oldest()
        self.floor = max(self.floor, revision)

    def since(self, revision: int) -> list[entries.Change]:
        """The changes after a revision; raises TooOld."""
        if revision < self.floor:
            raise TooOld
        found: list[entries.Change] = []
        for change in reversed(self._ring):
            if change.revision <= revision:
                break
            found.append(change)
        found.reverse()
        return found

    def scan(self, namespace: str = "", *, after: str = "", at: int | None = None) -> list[entries.Entry]:
        """Entries in order of key: of one namespace or all, from key `after` on, as of a revision. Raises TooOld."""
        undone = self._undone(at)
        if undone:
            return self._before(undone, namespace, after)
        return [self._entries[key] for key in self._range(self._order, namespace, after)]

    def page(
        self, namespace: str = "", *, after: str = "", at: int | None = None, most: int
    ) -> tuple[list[entries.Entry], int]:
        """The first entries of what `scan` gives, up to `most`, and how many follow; costs what the page does."""
        undone = self._undone(at)
        if undone:
            found = self._before(undone, namespace, after)
            return found[:most], max(0, len(found) - most)
        start, end = self._bounds(self._order, namespace, after)
        cut = min(start + most, end)
        return [self._entries[key] for key in self._order[start:cut]], end - cut

    def _before(self, undone: dict[str, entries.Entry | None], namespace: str, after: str) -> list[entries.Entry]:
        """Entries in order of key, as they were before some changes."""
        alive = {key: self._entries[key] for key in self._range(self._order, namespace, after)}
        for key in self._range(sorted(undone), namespace, after):
            before = undone[key]
            if before is None:
                alive.pop(key, None)
            else:
                alive[key] = before
        return [alive[key] for key in sorted(alive)]

    def _undone(self, revision: int | None) -> dict[str, entries.Entry | None]:
        """What every key that changed after `revision` was at that revision; nothing for the present."""
        if revision is None:
            return {}
        return {change.entry.key: change.old for change in reversed(self.since(revision))}

    def _range(self, order: list[str], namespace: str, after: str) -> list[str]:
        start, end = self._bounds(order, namespace, after)
        return order[start:end]

    @staticmethod
    def _bounds(order: list[str], namespace: str, after: str) -> tuple[int, int]:
        start = bisect.bisect_left(order, max(after, f"{namespace}/" if namespace else ""))
        end = bisect.bisect_left(order, f"{namespace}0") if namespace else len(order)  # "0" follows "/"
        return start, max(start, end)
