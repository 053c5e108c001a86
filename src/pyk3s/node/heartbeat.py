"""Registers the node, renews its Lease every ten seconds, and keeps its status true: on change, and every five minutes.

The status is looked at when something tells of a change (an image, the runtime), and after a start every second until
the node is ready.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pyk3s.client import errors, resources, rest
from pyk3s.lib import backoff, clock, log, timestamps
from pyk3s.node import registration
from pyk3s.node.objects import JSON
from pyk3s.node.settings import NodeSettings

LEASE_NAMESPACE = "kube-node-lease"
LEASE_SECONDS, RENEW_SECONDS = 40, 10.0
STATUS_SECONDS = 300.0
UNREADY_SECONDS = 1.0

_log = log.get_logger("node")


class Heartbeat:
    """Speaks for the node."""

    def __init__(
        self,
        client: rest.Client,
        settings: NodeSettings,
        facts: Callable[[], Awaitable[registration.Facts]],
        time: clock.Clock,
    ):
        self._client, self._settings, self._facts, self._time = client, settings, facts, time
        self._path = resources.NODES.path(None, settings.node_name)
        self._uid = ""
        self._told: JSON = {}
        self._change = asyncio.Event()
        self.registered = asyncio.Event()

    def changed(self) -> None:
        """Something about the node changed."""
        self._change.set()

    async def register(self) -> None:
        """Create the node or bring it up to date; tries until the API server takes it."""
        delays = backoff.Backoff(0.2, 10.0)
        while True:
            try:
                await self._register()
                self.registered.set()
                return
            except (errors.ApiError, OSError, TimeoutError) as error:
                _log.warning("node cannot be registered yet", node=self._settings.node_name, error=error)
            await self._time.sleep(delays.next())

    async def _register(self) -> None:
        facts, now = await self._facts(), self._time.time()
        try:
            present = await self._client.get(self._path)
        except errors.ApiError as error:
            if not error.not_found:
                raise
            present = await self._client.create(
                resources.NODES.path(), registration.node(self._settings, facts, now=now)
            )
        if changes := registration.metadata_changes(self._settings, present):
            present = await self._client.patch(self._path, changes)
        self._uid = present["metadata"]["uid"]
        self._told = present.get("status") or {}
        await self._tell(facts, force=True)
        _log.info("node registered", node=self._settings.node_name)

    async def run_status(self) -> None:
        """Keep the status true until cancelled."""
        while True:
            ready = any(
                each["type"] == "Ready" and each["status"] == "True" for each in self._told.get("conditions") or ()
            )
            forced = not await self._changed_within(STATUS_SECONDS if ready else UNREADY_SECONDS) and ready
            try:
                await self._tell(await self._facts(), force=forced)
            except errors.ApiError as error:
                if not error.not_found:
                    _log.warning("node status refused", error=error)
                    continue
                await self.register()  # somebody deleted the node: it comes back, as a kubelet's does
            except (OSError, TimeoutError) as error:
                _log.debug("node status not sent", error=error)

    async def _changed_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._change.wait(), seconds)
            self._change.clear()
            return True
        return False

    async def _tell(self, facts: registration.Facts, *, force: bool) -> None:
        made = registration.status(self._settings, facts, self._told, now=self._time.time())
        if not force and registration.is_same(made, self._told):
            return
        answer = await self._client.patch(f"{self._path}/status", {"status": _replacing(made)}, rest.STRATEGIC_PATCH)
        self._told = answer.get("status") or {}

    async def run_lease(self) -> None:
        """Renew the Lease until cancelled."""
        name = self._settings.node_name
        path = resources.LEASES.path(LEASE_NAMESPACE, name)
        while True:
            try:
                await self._renew(path, name)
            except (errors.ApiError, OSError, TimeoutError) as error:
                _log.debug("lease not renewed", node=name, error=error)
            await self._time.sleep(RENEW_SECONDS)

    async def _renew(self, path: str, name: str) -> None:
        stamp = timestamps.rfc3339_micro(self._time.time())
        try:
            await self._client.patch(path, {"spec": {"renewTime": stamp}})
        except errors.ApiError as error:
            if not error.not_found:
                raise
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": self._uid}
            spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": stamp}
            metadata = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
            await self._client.create(resources.LEASES.path(LEASE_NAMESPACE), lease)


def _replacing(status: JSON) -> JSON:
    """Addresses are a list that would merge by type: they are to be replaced."""
    return {**status, "addresses": [*status["addresses"], {"$patch": "replace"}]}
