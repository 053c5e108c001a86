"""The frame of what the server itself makes of the objects of one kind, such as APIServices.

It follows them in the cache: `_seen` is told of each change as it comes in, without delay. What has to be written is
left to one task in the background, which `_run` is, object by object.
"""

import abc
import asyncio
from collections.abc import Sequence, Sized
from typing import Any

from pyk3s.apiserver import own_writes
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import updating
from pyk3s.datastore import contract
from pyk3s.lib import tasks

JSON = dict[str, Any]


class Settling(abc.ABC):
    """Follows one kind, whose objects have no namespace. `start` after the cache is loaded; `stop` ends the task."""

    def __init__(self, registry: registries.Registry, group: str, plural: str, *, depending: Sized):
        """While there is something in `depending`, `_other_changed` is told the keys of all other changes too."""
        self._registry = registry
        self._store = registry.find(group, plural)
        self._depending = depending
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._tasks = tasks.TaskOwner(plural)

    def start(self) -> None:
        """Take in what is there, then follow."""
        for entry in self._store.collection.scan():
            self._seen(entry.name)
        self._registry.cache.followers.append(self._receive)
        self._tasks.start(self._run(), "settle")

    async def run(self) -> None:
        """Wait for the work in the background; raises its error if it fails."""
        await self._tasks.run()

    async def stop(self) -> None:
        """End the task."""
        await self._tasks.close()

    @abc.abstractmethod
    def _seen(self, name: str) -> None:
        """An object of the kind has come, changed or gone."""

    @abc.abstractmethod
    def _other_changed(self, key: str) -> None:
        """Something else has, while something depends on that."""

    @abc.abstractmethod
    async def _run(self) -> None:
        """Settle what is due whenever `_wake` is set, until cancelled."""

    def _receive(self, events: Sequence[contract.Event]) -> None:
        prefix = self._store.collection.prefix
        for event in events:
            if event.key.startswith(prefix):
                self._seen(event.key.removeprefix(prefix))
            elif self._depending:
                self._other_changed(event.key)

    def _wait_for(self, name: str) -> None:
        """Settle this object soon."""
        self._due[name] = None
        self._wake.set()

    def _take_due(self) -> list[str]:
        due, self._due = list(self._due), {}
        return due

    def _read(self, name: str) -> JSON | None:
        entry = self._store.collection.get(name)
        return self._store.decode(entry) if entry is not None else None

    async def _change(self, name: str, change: updating.Change) -> None:
        await own_writes.update(self._registry, self._store, name, change)
