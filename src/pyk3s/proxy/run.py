"""Runs the service proxy: follows Services and EndpointSlices, applies what changed, a moment's changes at a time.

At start the table is replaced in the transaction that brings the first 1,000 Services, so no rule of an earlier run
lingers; a cluster with 10,000 has the last of them after some seconds. Established connections are not touched. A
transaction that the kernel refuses ends this part, which then starts afresh.
"""

import asyncio

from pyk3s.client import informer, resources, rest
from pyk3s.host import conntrack, nft
from pyk3s.lib import clock, log, tasks
from pyk3s.proxy import rules
from pyk3s.proxy.objects import EndpointSlice, Service
from pyk3s.proxy.ruleset import Ruleset
from pyk3s.proxy.settings import ProxySettings
from pyk3s.proxy.state import State

HEADLESS = "service.kubernetes.io/headless"
FAMILY = rules.IPV4  # IPv6 needs dual-stack addresses of nodes and pods first
MOST_AT_ONCE = 1000  # Services in a transaction: the kernel's time grows with the square of the sets in one

_log = log.get_logger("proxy")


class Proxy:
    """The moving parts."""

    def __init__(self, client: rest.Client, settings: ProxySettings, time: clock.Clock | None = None):
        self._settings = settings
        self._time: clock.Clock = time or clock.SystemClock()
        self._services: informer.Informer[Service] = informer.Informer(client, resources.SERVICES, Service)
        self._slices: informer.Informer[EndpointSlice] = informer.Informer(
            client, resources.ENDPOINT_SLICES, EndpointSlice, label_selector=f"!{HEADLESS}"
        )
        self._by_service = self._slices.index(lambda each: [each.metadata.service])
        self._state = State(FAMILY.table, _tell_conflict)
        self._connections = conntrack.Connections()
        self._dirty: set[str] = set()
        self._changed = asyncio.Event()
        self._udp: dict[str, frozenset[rules.Flow]] = {}

    async def run(self) -> None:
        """Until cancelled or a transaction fails."""
        async with tasks.TaskOwner("proxy") as owner:
            owner.start(self._services.run(), "services")
            owner.start(self._slices.run(), "endpointslices")
            await asyncio.gather(self._services.synced(), self._slices.synced())
            self._services.on_change(self._service_changed)
            self._slices.on_change(self._slice_changed)
            owner.start(self._apply_changes(), "apply")
            await owner.run()

    def _service_changed(self, old: Service | None, new: Service | None) -> None:
        for each in (old, new):
            if each is not None:
                self._touch(each.metadata.key)

    def _slice_changed(self, old: EndpointSlice | None, new: EndpointSlice | None) -> None:
        for each in (old, new):
            if each is not None:
                self._touch(each.metadata.service)

    def _touch(self, key: str) -> None:
        self._dirty.add(key)
        self._changed.set()

    async def _apply_changes(self) -> None:
        await self._apply(rules.base(FAMILY, self._settings.cluster_cidr))
        while True:
            await self._changed.wait()
            await self._time.sleep(self._settings.gather_s)
            self._changed.clear()
            await self._apply("")

    async def _apply(self, before: str) -> None:
        dirty, self._dirty = sorted(self._dirty), set()
        for start in range(0, len(dirty), MOST_AT_ONCE) or [0]:
            some = dirty[start : start + MOST_AT_ONCE]
            script = before + self._state.transaction({key: self._rules(key) for key in some})
            before = ""
            if script:
                await nft.apply(script + "\n")
                _log.debug("rules applied", services=len(some))
            for key in some:
                await self._forget_udp(key)

    def _rules(self, key: str) -> Ruleset:
        service = self._services.get(key)
        if service is None or self._settings.local_addresses.intersection(service.spec.cluster_ips):
            return Ruleset()
        return rules.service_rules(service, self._by_service.get(key), FAMILY, self._settings.node_name)

    async def _forget_udp(self, key: str) -> None:
        """UDP has no end of connection: flows to backends that are gone are removed, so that clients find others."""
        service = self._services.get(key)
        flows = rules.udp_flows(service, self._by_service.get(key), FAMILY) if service else frozenset()
        for flow in self._udp.pop(key, frozenset()) - flows:
            await self._connections.forget_udp(flow.address, flow.port, flow.backend)
        if flows:
            self._udp[key] = flows


def _tell_conflict(key: str, element: str, holder: str) -> None:
    _log.warning("address and port are taken by another service", service=key, wanted=element, holder=holder)


async def run(client: rest.Client, settings: ProxySettings) -> None:
    """Keep the rules of Services until cancelled."""
    await Proxy(client, settings).run()
