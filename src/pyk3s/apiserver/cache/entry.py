"""One object in the cache, and one change of it."""

import re

import msgspec

from pyk3s.apiserver.cache import selection

_REVISION = re.compile(rb'"resourceVersion":"(\d*)"')


class Entry(msgspec.Struct, eq=False, gc=False):
    """An object's bytes with where it stands. `key` is relative to its collection: `namespace/name`, or `name`.

    There are as many as objects: what leads nowhere back need not be looked through for garbage.
    """

    key: str
    revision: int
    value: bytes
    _facts: selection.Facts | None = None
    _indexed: tuple[str, ...] | None = None

    @property
    def namespace(self) -> str:
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    def facts(self, projection: selection.Projection) -> selection.Facts:
        """What selectors look at; decoded at first demand."""
        if self._facts is None:
            self._facts = projection(self.value)
        return self._facts

    def indexed(self, index: selection.Index) -> tuple[str, ...]:
        """What watchers are found by; decoded once, when the object is written."""
        if self._indexed is None:
            self._indexed = index(self.value)
        return self._indexed

    def forget_facts(self) -> None:
        """Selectors look at something else from now on."""
        self._facts = None

    def at_revision(self, revision: int) -> "Entry":
        """The same object as if written at another revision: how one that leaves a selection is shown."""
        told = _REVISION.sub(b'"resourceVersion":"%d"' % revision, self.value, count=1)
        return Entry(self.key, revision, told)


def stored(key: str, value: bytes) -> Entry:
    """The entry of stored bytes, whose revision is inside them."""
    found = _REVISION.search(value)
    return Entry(key, int(found[1]) if found else 0, value)


class Change(msgspec.Struct, eq=False, gc=False):
    """One write: the entry it made (for a deletion the last state, at the deletion's revision) and the one before."""

    entry: Entry
    old: Entry | None
    deleted: bool
    stamp: float

    @property
    def revision(self) -> int:
        return self.entry.revision
