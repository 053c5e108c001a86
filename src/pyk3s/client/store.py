"""The objects that an informer knows, by key, with indexes. No I/O.

What this process wrote itself is entered at once (`wrote`, `removed`), so a controller reads its own writes and needs
no bookkeeping of expected events. Resource versions are compared as numbers: an answer that the watch has already
overtaken is ignored, and events that are older than an own write are too.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Change = Callable[[T | None, T | None], None]
"""Called with (old, new): None before a creation, None after a deletion."""


class Index(Generic[T]):
    """Objects by a derived value; an object may stand under several."""

    def __init__(self, values: Callable[[T], Iterable[str]], objects: dict[str, T]):
        self._values, self._objects = values, objects
        self._keys: dict[str, dict[str, None]] = {}

    def get(self, value: str) -> list[T]:
        """The objects under `value`, in the order in which they came."""
        return [self._objects[key] for key in self._keys.get(value, ())]

    def keys(self, value: str) -> list[str]:
        return list(self._keys.get(value, ()))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._keys))

    def update(self, key: str, old: T | None, new: T | None) -> None:
        before = set(self._values(old)) if old is not None else set()
        after = set(self._values(new)) if new is not None else set()
        for value in before - after:
            keys = self._keys[value]
            del keys[key]
            if not keys:
                del self._keys[value]
        for value in after - before:
            self._keys.setdefault(value, {})[key] = None


class Store(Generic[T]):
    """A cache of one resource. `revision` is the resource version up to which it is complete, 0 before the first
    list.
    """

    def __init__(self) -> None:
        self.objects: dict[str, T] = {}
        self.revision = 0
        self._uids: dict[str, str] = {}
        self._indexes: list[Index[T]] = []
        self._changed: list[Change[T]] = []
        self._ahead: dict[str, int] = {}  # own writes that the watch has not shown yet: key -> resource version
        self._removed: dict[str, str] = {}  # own deletions that the watch has not shown yet: key -> uid

    def index(self, values: Callable[[T], Iterable[str]]) -> Index[T]:
        """A new index over present and future objects."""
        made = Index(values, self.objects)
        for key, obj in self.objects.items():
            made.update(key, None, obj)
        self._indexes.append(made)
        return made

    def on_change(self, callback: Change[T]) -> None:
        """Call on every change, after the store and its indexes show it; present objects are reported at once."""
        self._changed.append(callback)
        for obj in list(self.objects.values()):
            callback(None, obj)

    def event(self, key: str, uid: str, revision: int, obj: T | None) -> None:
        """A watch event; `obj` is None for a deletion."""
        self.revision = max(self.revision, revision)
        if self._removed.get(key) == uid:
            if obj is None:
                del self._removed[key]
            return
        if revision < self._ahead.get(key, 0):
            return
        self._ahead.pop(key, None)
        self._set(key, uid, obj)

    def replace(self, revision: int, fresh: dict[str, tuple[str, T]]) -> None:
        """A new list, `key -> (uid, object)`, as of `revision`: own writes that are newer stay."""
        for key in [key for key in self.objects if key not in fresh and self._ahead.get(key, 0) <= revision]:
            self._set(key, "", None)
        for key, (uid, obj) in fresh.items():
            if self._ahead.get(key, 0) <= revision and self._removed.get(key) != uid:
                self._set(key, uid, obj)
        self._ahead = {key: written for key, written in self._ahead.items() if written > revision}
        self._removed = {key: uid for key, uid in self._removed.items() if key in fresh and fresh[key][0] == uid}
        self.revision = revision

    def wrote(self, key: str, uid: str, revision: int, obj: T) -> None:
        """The answer to an own write."""
        if revision > max(self.revision, self._ahead.get(key, 0)) and self._removed.get(key) != uid:
            self._ahead[key] = revision
            self._set(key, uid, obj)

    def removed(self, key: str, uid: str) -> None:
        """An own deletion after which the object is gone (not merely marked for deletion)."""
        if self._uids.get(key) == uid:
            self._ahead.pop(key, None)
            self._removed[key] = uid
            self._set(key, uid, None)

    def _set(self, key: str, uid: str, obj: T | None) -> None:
        old = self.objects.get(key)
        if obj is not None:
            self.objects[key] = obj
            self._uids[key] = uid
        elif old is not None:
            del self._uids[key]
        else:
            return
        for index in self._indexes:
            index.update(key, old, obj)
        if obj is None:
            del self.objects[key]
        for callback in self._changed:
            callback(old, obj)
