"""Mirrors Endpoints that somebody keeps by hand for a Service without selector into EndpointSlices, which proxies
read.
"""

from pyk3s.client import resources
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers.context import Context
from pyk3s.controllers.endpoints import backends, writer
from pyk3s.controllers.endpoints.controller import endpoints, services, slices
from pyk3s.controllers.endpoints.objects import (
    MANAGED_BY,
    MIRROR_MANAGER,
    SERVICE_NAME,
    SKIP_MIRROR,
    Address,
    Conditions,
    Endpoint,
    Endpoints,
    EndpointSlice,
    Service,
)

LEADER = "control-plane.alpha.kubernetes.io/leader"
FAMILIES = ("IPv4", "IPv6")


class Controller:
    """The mirroring controller."""

    name = "endpointslicemirroring"

    def __init__(self, context: Context):
        self._services, self._slices, self._endpoints = services(context), slices(context), endpoints(context)
        self._slices_of = self._slices.index(writer.slices_of)
        self._writer = writer.SliceWriter(context.client, self._slices)
        self._reconciler = Reconciler(self.name, self._reconcile, workers=1)
        self._services.on_change(self._changed)
        self._endpoints.on_change(self._changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _changed(self, old: Service | Endpoints | None, new: Service | Endpoints | None) -> None:
        changed = new or old
        if changed is not None:
            self._reconciler.add(changed.metadata.key)

    async def _reconcile(self, key: str) -> None:
        existing = self._slices_of.get(f"{key}/{MIRROR_MANAGER}")
        service, mirrored = self._services.get(key), self._endpoints.get(key)
        if service is None or mirrored is None or service.spec.selector or not wants_mirror(mirrored):
            for each in existing:
                await self._writer.delete(each)
            return
        try:
            await self._mirror(mirrored, existing)
        except ApiError as error:
            if not error.namespace_terminating:
                raise

    async def _mirror(self, mirrored: Endpoints, existing: list[EndpointSlice]) -> None:
        meta = mirrored.metadata
        labels = {**meta.labels, SERVICE_NAME: meta.name, MANAGED_BY: MIRROR_MANAGER}
        for family in FAMILIES:
            wanted = contents(mirrored, family)
            present = [each for each in existing if each.address_type == family]
            if wanted:
                await self._writer.write((resources.ENDPOINTS, meta), family, labels, wanted, present)
            else:
                for each in present:
                    await self._writer.delete(each)


def wants_mirror(mirrored: Endpoints) -> bool:
    """Not where its owner said no, and not for old leader election records."""
    return mirrored.metadata.labels.get(SKIP_MIRROR) != "true" and LEADER not in mirrored.metadata.annotations


def contents(mirrored: Endpoints, family: str) -> dict[backends.Ports, list[Endpoint]]:
    """The addresses of one family as endpoints, by their ports."""
    found: dict[backends.Ports, list[Endpoint]] = {}
    for subset in mirrored.subsets:
        ports = tuple(sorted(subset.ports, key=lambda port: (port.name, port.port, port.protocol)))
        for addresses, ready in ((subset.addresses, True), (subset.not_ready_addresses, False)):
            for each in addresses:
                if (":" in each.ip) == (family == "IPv6"):
                    found.setdefault(ports, []).append(_endpoint(each, ready))
    return found


def _endpoint(address: Address, ready: bool) -> Endpoint:
    return Endpoint(
        addresses=[address.ip],
        conditions=Conditions(ready=ready),
        hostname=address.hostname,
        target_ref=address.target_ref,
        node_name=address.node_name,
    )
