"""Notes on the Secret of a token when it was last used, so that an administrator sees which ones are needed no more.

A day is precise enough: a token costs one write a day, made in the background.
"""

import asyncio
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import own_writes
from pyk3s.apiserver.bootstrap import create as bootstrap
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import updating
from pyk3s.datastore import contract
from pyk3s.lib import log, timestamps

JSON = dict[str, Any]
LAST_USED = "kubernetes.io/legacy-token-last-used"
TRACKING = "kube-apiserver-legacy-service-account-token-tracking"
_log = log.get_logger("tokens")


class LegacyUse:
    """Told of every use; `run` writes what is new."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry
        self._waiting: dict[tuple[str, str], str] = {}
        self._more = asyncio.Event()

    def seen(self, secret: JSON) -> None:
        """The token of this Secret has just been used."""
        metadata, today = secret["metadata"], self._today()
        if (metadata.get("labels") or {}).get(LAST_USED) != today:
            self._waiting[metadata["namespace"], metadata["name"]] = today
            self._more.set()

    def _today(self) -> str:
        return timestamps.rfc3339(self._registry.clock.time())[:10]

    async def run(self) -> None:
        """Say since when uses are noted, then note them until cancelled."""
        about: JSON = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"since": self._today()}}
        await bootstrap.ensure(self._registry, {**about, "metadata": {"name": TRACKING, "namespace": "kube-system"}})
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                await self._note(*self._waiting.popitem())

    async def _note(self, key: tuple[str, str], day: str) -> None:
        def transform(live: JSON) -> JSON:
            metadata = live["metadata"]
            return {**live, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), LAST_USED: day}}}

        write = own_writes.write(self._registry)
        store = self._registry.find("", "secrets")
        try:
            await updating.update(self._registry, store, *key, updating.Change(transform, retries=True), write)
        except (status.StatusError, contract.Unavailable) as error:  # the next use is noted, or the Secret is gone
            _log.debug("use of a token is not noted yet", secret="/".join(key), error=error)
