"""Lets go of deleted claims and volumes once nobody uses them; a finalizer from their creation keeps them till then.

A claim is used by any pod on a node that mounts it, finished or not; a pod that no node has yet will not start with a
deleted claim. A volume is used while it is bound. Who uses a claim is asked of the server at the moment of release, so
that a pod which the informer does not show yet is not robbed, and so that no pod's volumes are held in memory.
"""

from typing import Any

import msgspec

from pyk3s.client import errors, objects, resources, rest
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.objects import Pod

CLAIM_FINALIZER, VOLUME_FINALIZER = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"


class Claim(msgspec.Struct):
    metadata: objects.Metadata


class VolumeStatus(msgspec.Struct):
    phase: str = ""


class Volume(msgspec.Struct):
    metadata: objects.Metadata
    status: VolumeStatus = msgspec.field(default_factory=VolumeStatus)


def uses(pod: dict[str, Any], claim: str) -> bool:
    """Whether a pod, as the API gives it, is on a node and has a volume from that claim of its namespace."""
    spec = pod["spec"]
    return bool(spec.get("nodeName")) and any(_claim_name(pod, volume) == claim for volume in spec.get("volumes") or ())


def _claim_name(pod: dict[str, Any], volume: dict[str, Any]) -> str | None:
    """An ephemeral volume's claim is named after pod and volume."""
    if "ephemeral" in volume:
        return f"{pod['metadata']['name']}-{volume['name']}"
    stated = volume.get("persistentVolumeClaim")
    return stated["claimName"] if stated else None


def awaits(metadata: objects.Metadata, finalizer: str) -> bool:
    """Whether an object is being deleted and waits for this finalizer, perhaps among others."""
    return metadata.deletion_timestamp is not None and finalizer in metadata.finalizers


async def _release(client: rest.Client, ref: resources.ResourceRef, metadata: objects.Metadata, finalizer: str) -> None:
    """Take the finalizer off that very state of the object; a change meanwhile brings the object here again."""
    patch = {
        "metadata": {
            "uid": metadata.uid,
            "resourceVersion": metadata.resource_version,
            "finalizers": [each for each in metadata.finalizers if each != finalizer],
        }
    }
    with errors.gone_is_fine(changed=True):
        await client.patch(ref.path_of(metadata.key), patch)


class Claims(KindController[Claim]):
    """Claims that were deleted while in use."""

    name = "persistentvolumeclaim-protection-controller"

    def __init__(self, context: Context):
        claims = context.shared(resources.PERSISTENT_VOLUME_CLAIMS, Claim)
        super().__init__(context, claims)
        self._waiting = claims.index(lambda claim: [claim.metadata.namespace] if self._is_due(claim) else [])
        context.pods.on_change(self._pod_changed)

    def _is_due(self, claim: Claim) -> bool:
        return awaits(claim.metadata, CLAIM_FINALIZER)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        """Only a pod that is gone may have freed a claim."""
        if old is not None and new is None:
            for key in self._waiting.keys(old.metadata.namespace):
                self._reconciler.add(key)

    async def _act(self, claim: Claim) -> None:
        pods = await self._client.list(resources.PODS.path(claim.metadata.namespace))
        if not any(uses(pod, claim.metadata.name) for pod in pods["items"]):
            await _release(self._client, resources.PERSISTENT_VOLUME_CLAIMS, claim.metadata, CLAIM_FINALIZER)


class Volumes(KindController[Volume]):
    """Volumes that were deleted while bound."""

    name = "persistentvolume-protection-controller"

    def __init__(self, context: Context):
        super().__init__(context, context.shared(resources.PERSISTENT_VOLUMES, Volume))

    def _is_due(self, volume: Volume) -> bool:
        return awaits(volume.metadata, VOLUME_FINALIZER) and volume.status.phase != "Bound"

    async def _act(self, volume: Volume) -> None:
        await _release(self._client, resources.PERSISTENT_VOLUMES, volume.metadata, VOLUME_FINALIZER)
