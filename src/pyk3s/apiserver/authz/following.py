"""Follows a collection of the watch cache from inside the server, without frames and without a task.

A follower takes in what is there, then every change in the moment of its commit, so that what it derives is current.
"""

from collections.abc import Callable
from typing import Any

from pyk3s.apiserver.cache import collection as collections
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import watchers

Take = Callable[[entries.Entry | None, entries.Entry | None], None]
"""Told the old entry and the new one of a change; None where there is none."""


class _Unseen:
    """A follower is shown nothing: it reads entries."""

    name = "follower"

    def shown(self, entry: entries.Entry) -> bytes:
        return entry.value

    def encoded(self, obj: dict[str, Any]) -> bytes:
        return b""

    def frame(self, kind: str, shown: bytes) -> bytes:
        return shown


class Follower(watchers.Watcher):
    """Listens to everything in one collection."""

    def __init__(self, take: Take):
        super().__init__(watchers.EVERYTHING, None, _Unseen())
        self._take = take

    def offer(self, change: entries.Change, frames: watchers.Frames) -> None:
        self._take(change.old, None if change.deleted else change.entry)


def follow(collection: collections.Collection, take: Take) -> None:
    """Tell `take` about every object of a loaded collection, now and later."""
    for entry in collection.scan():
        take(None, entry)
    collection.watchers.add(Follower(take))
