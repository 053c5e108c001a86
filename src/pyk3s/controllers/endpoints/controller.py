"""Keeps the EndpointSlices and the Endpoints object of every Service that has a selector."""

from typing import Any

import msgspec

from pyk3s.client import informer, resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers.context import Context
from pyk3s.controllers.endpoints import backends, writer
from pyk3s.controllers.endpoints.objects import (
    HEADLESS,
    MANAGED_BY,
    SERVICE_NAME,
    SLICE_MANAGER,
    Endpoint,
    Endpoints,
    EndpointSlice,
    Service,
)
from pyk3s.controllers.objects import Node, Pod

ZONE = "topology.kubernetes.io/zone"
ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by"
ENDPOINTS_MANAGER = "endpoint-controller"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
COALESCE_S = 0.03  # pods that change together cause one write


class Controller:
    """The controller of EndpointSlices and Endpoints."""

    name = "endpoints"

    def __init__(self, context: Context):
        self._client, self._pods, self._nodes = context.client, context.pods, context.nodes
        self._services, self._slices = services(context), slices(context)
        self._endpoints = endpoints(context)
        self._services_in = self._services.index(lambda each: [each.metadata.namespace])
        self._pods_in = self._pods.index(lambda each: [each.metadata.namespace])
        self._slices_of = self._slices.index(writer.slices_of)
        self._writer = writer.SliceWriter(context.client, self._slices)
        self._reconciler = Reconciler(self.name, self._reconcile, workers=4)
        self._services.on_change(self._service_changed)
        self._pods.on_change(self._pod_changed)
        self._nodes.on_change(self._node_changed)
        self._slices.on_change(self._slice_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _service_changed(self, old: Service | None, new: Service | None) -> None:
        changed = new or old
        if changed is not None:
            self._reconciler.add(changed.metadata.key)

    def _slice_changed(self, old: EndpointSlice | None, new: EndpointSlice | None) -> None:
        """Somebody else's change of our slices is undone."""
        changed = new or old
        if changed is not None and changed.metadata.labels.get(MANAGED_BY) == SLICE_MANAGER:
            self._reconciler.add(f"{changed.metadata.namespace}/{changed.metadata.labels.get(SERVICE_NAME, '')}")

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and new is not None and _facts(old) == _facts(new):
            return
        for pod in (old, new):
            if pod is None:
                continue
            for service in self._services_in.get(pod.metadata.namespace):
                if service.spec.selector and service.spec.selector.items() <= pod.metadata.labels.items():
                    self._reconciler.queue.add_after(service.metadata.key, COALESCE_S)

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        """Endpoints carry their node's zone."""
        if old is None or new is None or old.metadata.labels.get(ZONE) == new.metadata.labels.get(ZONE):
            return
        for key in self._services.store:
            self._reconciler.add(key)

    async def _reconcile(self, key: str) -> None:
        namespace = key.partition("/")[0]
        existing = self._slices_of.get(f"{key}/{SLICE_MANAGER}")
        service = self._services.get(key)
        if service is None:
            for each in existing:
                await self._writer.delete(each)
            return
        if not service.spec.selector or service.spec.type == "ExternalName":
            return
        wanted_labels = service.spec.selector.items()
        found = [pod for pod in self._pods_in.get(namespace) if wanted_labels <= pod.metadata.labels.items()]
        try:
            await self._write_slices(service, found, existing)
            await self._write_endpoints(service, found)
        except ApiError as error:
            if not error.namespace_terminating:
                raise

    async def _write_slices(self, service: Service, found: list[Pod], existing: list[EndpointSlice]) -> None:
        labels = {**service.metadata.labels, SERVICE_NAME: service.metadata.name, MANAGED_BY: SLICE_MANAGER}
        if service.headless:
            labels[HEADLESS] = ""
        owner = (resources.SERVICES, service.metadata)
        needed = backends.families(service)
        for family in needed:
            present = [each for each in existing if each.address_type == family]
            await self._writer.write(owner, family, labels, self._wanted(service, found, family), present)
        for each in existing:
            if each.address_type not in needed:
                await self._writer.delete(each)

    def _wanted(self, service: Service, found: list[Pod], family: str) -> dict[backends.Ports, list[Endpoint]]:
        grouped: dict[backends.Ports, list[Endpoint]] = {}
        for pod in found:
            made = backends.endpoint(service, pod, family, self._zone(pod))
            if made is not None:
                grouped.setdefault(backends.resolved_ports(service, pod), []).append(made)
        return grouped

    def _zone(self, pod: Pod) -> str | None:
        node = self._nodes.get(pod.spec.node_name)
        return node.metadata.labels.get(ZONE) if node is not None else None

    async def _write_endpoints(self, service: Service, found: list[Pod]) -> None:
        wanted, over = backends.subsets(service, found)
        meta = service.metadata
        labels = {**meta.labels, ENDPOINTS_MANAGED_BY: ENDPOINTS_MANAGER}
        if service.headless:
            labels[HEADLESS] = ""
        present = self._endpoints.get(meta.key)
        subsets = msgspec.to_builtins(wanted)
        if present is None:
            body: dict[str, Any] = {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {"name": meta.name, "namespace": meta.namespace, "labels": labels},
                "subsets": subsets,
            }
            if over:
                body["metadata"]["annotations"] = {OVER_CAPACITY: "truncated"}
            self._endpoints.wrote(await self._client.send("POST", resources.ENDPOINTS.path(meta.namespace), body))
            return
        is_over = OVER_CAPACITY in present.metadata.annotations
        if present.subsets == wanted and present.metadata.labels == labels and is_over == over:
            return
        gone = dict.fromkeys(present.metadata.labels.keys() - labels.keys())
        patch = {
            "metadata": {
                "uid": present.metadata.uid,
                "labels": {**gone, **labels},
                "annotations": {OVER_CAPACITY: "truncated" if over else None},
            },
            "subsets": subsets or None,
        }
        path = resources.ENDPOINTS.path_of(meta.key)
        self._endpoints.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))


def _facts(pod: Pod) -> tuple[object, ...]:
    """What of a pod matters to endpoints."""
    return (
        pod.metadata.uid,
        pod.metadata.labels,
        pod.metadata.deletion_timestamp is None,
        pod.status.phase,
        [each.ip for each in pod.status.pod_ips],
        [each.status for each in pod.status.conditions if each.type == "Ready"],
    )


def services(context: Context) -> informer.Informer[Service]:
    return context.shared(resources.SERVICES, Service)


def slices(context: Context) -> informer.Informer[EndpointSlice]:
    return context.shared(resources.ENDPOINT_SLICES, EndpointSlice)


def endpoints(context: Context) -> informer.Informer[Endpoints]:
    return context.shared(resources.ENDPOINTS, Endpoints)
