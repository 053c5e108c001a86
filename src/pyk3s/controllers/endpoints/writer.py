"""Brings the slices of one owner (a Service, or Endpoints that are mirrored) to a plan."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources, rest
from pyk3s.controllers import deletion
from pyk3s.controllers.endpoints import packing
from pyk3s.controllers.endpoints.backends import Ports
from pyk3s.controllers.endpoints.objects import MANAGED_BY, SERVICE_NAME, Endpoint, EndpointSlice

REF = resources.ENDPOINT_SLICES


def slices_of(each: EndpointSlice) -> list[str]:
    """Index value of a slice: `namespace/service/manager`."""
    labels = each.metadata.labels
    return [f"{each.metadata.namespace}/{labels.get(SERVICE_NAME, '')}/{labels.get(MANAGED_BY, '')}"]


class SliceWriter:
    """Writes slices; `family` by `family`."""

    def __init__(self, client: rest.Client, slices: informer.Informer[EndpointSlice]):
        self._client, self._slices = client, slices

    async def write(
        self,
        owner: tuple[resources.ResourceRef, objects.Metadata],
        family: str,
        labels: Mapping[str, str],
        wanted: Mapping[Ports, Sequence[Endpoint]],
        existing: Sequence[EndpointSlice],
    ) -> None:
        """Create, change and delete slices until they hold `wanted`. Raises ApiError."""
        plan = packing.plan(wanted, existing)
        for contents in plan.create:
            await self._create(owner, family, labels, contents)
        for each, contents in plan.keep:
            await self._update(each, labels, contents)
        for each in plan.delete:
            await self.delete(each)

    async def delete(self, each: EndpointSlice) -> None:
        await deletion.delete(self._client, REF, self._slices, each.metadata)

    async def _create(
        self,
        owner: tuple[resources.ResourceRef, objects.Metadata],
        family: str,
        labels: Mapping[str, str],
        contents: packing.Contents,
    ) -> None:
        ref, metadata = owner
        body: dict[str, Any] = {
            "apiVersion": REF.api_version,
            "kind": REF.kind,
            "metadata": {
                "generateName": f"{metadata.name}-",
                "namespace": metadata.namespace,
                "labels": dict(labels),
                "ownerReferences": [objects.controller_reference(ref.api_version, ref.kind, metadata)],
            },
            "addressType": family,
            **_encoded(contents),
        }
        self._slices.wrote(await self._client.send("POST", REF.path(metadata.namespace), body))

    async def _update(self, each: EndpointSlice, labels: Mapping[str, str], contents: packing.Contents) -> None:
        patch: dict[str, Any] = {}
        if (each.endpoints or []) != contents.endpoints or tuple(each.ports or ()) != contents.ports:
            patch = _encoded(contents)
        if each.metadata.labels != labels:
            gone = dict.fromkeys(each.metadata.labels.keys() - labels.keys())
            patch["metadata"] = {"labels": {**gone, **labels}}
        if patch:
            patch.setdefault("metadata", {})["uid"] = each.metadata.uid
            path = REF.path_of(each.metadata.key)
            self._slices.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))


def _encoded(contents: packing.Contents) -> dict[str, Any]:
    return {
        "endpoints": msgspec.to_builtins(contents.endpoints),
        "ports": [
            {"name": port.name, "protocol": port.protocol, **msgspec.to_builtins(port)} for port in contents.ports
        ],
    }
