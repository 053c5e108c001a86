"""Follows the definitions: gives them their names, serves them, and takes their objects away when they are deleted.

Serving happens as events come in, without delay; what has to be written is done by one task, definition by definition.
"""

import asyncio
from typing import Any

import msgspec

from pyk3s.api import status, validation
from pyk3s.api.customresources import naming
from pyk3s.apiserver import own_writes, settling, webhook_client
from pyk3s.apiserver.crd import serving
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import updating
from pyk3s.datastore import contract
from pyk3s.lib import log

JSON = dict[str, Any]
GROUP, PLURAL = "apiextensions.k8s.io", "customresourcedefinitions"
RETRY_S = 2.0
IN_PROGRESS = "CustomResource deletion is in progress"

_log = log.get_logger("definitions")


class Definitions(settling.Settling):
    """The definitions of one server."""

    def __init__(self, registry: registries.Registry, caller: webhook_client.Caller, changed: serving.Changed):
        self._serving = serving.Serving(registry, caller, changed)
        self._leaving: dict[str, str] = {}  # storage prefix of objects that a deleted definition waits for: its name
        super().__init__(registry, GROUP, PLURAL, depending=self._leaving)

    def _other_changed(self, key: str) -> None:
        for prefix, name in self._leaving.items():
            if key.startswith(prefix):
                self._wait_for(name)

    def _seen(self, name: str) -> None:
        """A definition has changed: serve it as it is now, and see later what is to be written."""
        definition = self._read(name)
        if definition is None:
            self._serving.remove(name)
        else:
            self._serving.update(definition)
        self._wait_for(name)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for name in self._take_due():
                try:
                    await self._settle(name)
                except (status.StatusError, contract.Unavailable) as error:
                    _log.warning("a definition is not settled, trying again", definition=name, error=str(error))
                    asyncio.get_running_loop().call_later(RETRY_S, self._wait_for, name)

    async def _settle(self, name: str) -> None:
        definition = self._read(name)
        if definition is None:
            self._names_are_free(name)
        elif definition["metadata"].get("deletionTimestamp"):
            await self._empty(definition)
        else:
            await self._accept(definition)

    def _names_are_free(self, name: str) -> None:
        """Let those that lost their names to a definition try again."""
        group = name.partition(".")[2]
        for entry in self._store.collection.scan():
            if entry.name.endswith(f".{group}"):
                self._wait_for(entry.name)

    async def _accept(self, definition: JSON) -> None:
        settled = naming.settle(definition, self._others(definition), self._registry.now())
        if settled != definition.get("status"):
            await self._write_status(definition, settled)

    def _others(self, definition: JSON) -> list[JSON]:
        group, name = definition["spec"]["group"], definition["metadata"]["name"]
        others: list[JSON] = []
        for entry in self._store.collection.scan():
            if entry.name != name and entry.name.endswith(f".{group}"):
                other: JSON = msgspec.json.decode(entry.value)
                if other["spec"]["group"] == group:
                    others.append(other)
        return others

    async def _empty(self, definition: JSON) -> None:
        """Delete the objects of a definition; without any left, let it go."""
        name, metadata = definition["metadata"]["name"], definition["metadata"]
        if naming.FINALIZER not in (metadata.get("finalizers") or ()):
            return
        if (store := self._serving.store_of_stored(definition)) is not None:
            for entry in store.collection.scan():
                await own_writes.delete(self._registry, store, entry.namespace, entry.name)
            if len(store.collection):
                self._leaving[store.collection.prefix] = name
                await self._say_in_progress(definition)
                return
            self._leaving.pop(store.collection.prefix, None)
        await self._release(name)

    async def _say_in_progress(self, definition: JSON) -> None:
        state = definition["status"]
        conditions = [dict(each) for each in state.get("conditions") or ()]
        now = self._registry.now()
        naming.put(conditions, naming.TERMINATING, "True", "InstanceDeletionInProgress", IN_PROGRESS, now)
        if conditions != state.get("conditions"):
            await self._write_status(definition, {**state, "conditions": conditions})

    async def _release(self, name: str) -> None:
        def transform(live: JSON) -> JSON:
            kept = [each for each in live["metadata"].get("finalizers") or () if each != naming.FINALIZER]
            live["metadata"]["finalizers"] = kept
            if not kept:
                del live["metadata"]["finalizers"]
            return live

        await self._change(name, updating.Change(transform, retries=True))

    async def _write_status(self, definition: JSON, settled: JSON) -> None:
        revision = definition["metadata"]["resourceVersion"]

        def transform(live: JSON) -> JSON:
            current = live["metadata"]["resourceVersion"] == revision
            return {**live, "status": settled} if current else live  # a newer one is settled by its own event

        change = updating.Change(
            transform,
            subresource="status",
            prepare=self._store.strategy.prepare_status,
            validate=validation.validate_status_update,
            retries=True,
        )
        await self._change(definition["metadata"]["name"], change)
