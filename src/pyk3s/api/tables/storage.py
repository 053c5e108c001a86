"""Tables of volumes and claims and of the group storage."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, says, shows

JSON = dict[str, Any]

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")

_VOLUME = "core.v1.PersistentVolumeSpec"
PERSISTENT_VOLUME = (
    NAME,
    shows("Capacity", f"{_VOLUME}.capacity"),
    shows("Access Modes", f"{_VOLUME}.accessModes"),
    shows("Reclaim Policy", f"{_VOLUME}.persistentVolumeReclaimPolicy"),
    shows("Status", "core.v1.PersistentVolumeStatus.phase"),
    shows("Claim", f"{_VOLUME}.claimRef"),
    says("StorageClass", "StorageClass of the pv"),
    says("VolumeAttributesClass", "VolumeAttributesClass of the pv"),
    shows("Reason", "core.v1.PersistentVolumeStatus.reason"),
    AGE,
    shows("VolumeMode", f"{_VOLUME}.volumeMode", priority=1),
)


def persistent_volume(obj: JSON, now: float) -> list[Any]:
    spec, claim = cells.spec(obj), cells.spec(obj).get("claimRef")
    return [
        obj["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", ""),
        _access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(obj),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        _storage_class(obj),
        spec.get("volumeAttributesClassName") or cells.UNSET,
        cells.status(obj).get("reason", ""),
        cells.age(obj, now),
        spec.get("volumeMode") or cells.UNSET,
    ]


_CLAIM, _CLAIM_STATUS = "core.v1.PersistentVolumeClaimSpec", "core.v1.PersistentVolumeClaimStatus"
PERSISTENT_VOLUME_CLAIM = (
    NAME,
    shows("Status", f"{_CLAIM_STATUS}.phase"),
    shows("Volume", f"{_CLAIM}.volumeName"),
    shows("Capacity", f"{_CLAIM_STATUS}.capacity"),
    shows("Access Modes", f"{_CLAIM_STATUS}.accessModes"),
    says("StorageClass", "StorageClass of the pvc"),
    says("VolumeAttributesClass", "VolumeAttributesClass of the pvc"),
    AGE,
    shows("VolumeMode", f"{_CLAIM}.volumeMode", priority=1),
)


def persistent_volume_claim(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    bound = bool(spec.get("volumeName"))
    return [
        obj["metadata"]["name"],
        _phase(obj),
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", "") if bound else "",
        _access_modes(status.get("accessModes")) if bound else "",
        _storage_class(obj),
        spec.get("volumeAttributesClassName") or cells.UNSET,
        cells.age(obj, now),
        spec.get("volumeMode") or cells.UNSET,
    ]


def _phase(obj: JSON) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    phase: str = cells.status(obj).get("phase", "")
    return phase


def _access_modes(modes: list[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def _storage_class(obj: JSON) -> str:
    annotated = (obj["metadata"].get("annotations") or {}).get(_CLASS_ANNOTATION)
    name: str = annotated or cells.spec(obj).get("storageClassName") or ""
    return name


_CLASS = "storage.v1.StorageClass"
STORAGE_CLASS = (
    NAME,
    shows("Provisioner", f"{_CLASS}.provisioner"),
    shows("ReclaimPolicy", f"{_CLASS}.reclaimPolicy"),
    shows("VolumeBindingMode", f"{_CLASS}.volumeBindingMode"),
    shows("AllowVolumeExpansion", f"{_CLASS}.allowVolumeExpansion"),
    AGE,
)


def storage_class(obj: JSON, now: float) -> list[Any]:
    annotations = obj["metadata"].get("annotations") or {}
    default = " (default)" if any(annotations.get(name) == "true" for name in _DEFAULT_CLASS) else ""
    return [
        obj["metadata"]["name"] + default,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        cells.age(obj, now),
    ]


VOLUME_ATTRIBUTES_CLASS = (NAME, shows("DriverName", "storage.v1.VolumeAttributesClass.driverName"), AGE)


def volume_attributes_class(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("driverName", ""), cells.age(obj, now)]


_ATTACHMENT = "storage.v1.VolumeAttachment"
VOLUME_ATTACHMENT = (
    NAME,
    shows("Attacher", f"{_ATTACHMENT}Spec.attacher", format="name"),
    shows("PV", f"{_ATTACHMENT}Source.persistentVolumeName"),
    shows("Node", f"{_ATTACHMENT}Spec.nodeName"),
    shows("Attached", f"{_ATTACHMENT}Status.attached", "boolean"),
    AGE,
)


def volume_attachment(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    return [
        obj["metadata"]["name"],
        spec.get("attacher", ""),
        (spec.get("source") or {}).get("persistentVolumeName") or "",
        spec.get("nodeName", ""),
        bool(cells.status(obj).get("attached")),
        cells.age(obj, now),
    ]


_DRIVER = "storage.v1.CSIDriverSpec"
CSI_DRIVER = (
    NAME,
    shows("AttachRequired", f"{_DRIVER}.attachRequired", "boolean"),
    shows("PodInfoOnMount", f"{_DRIVER}.podInfoOnMount", "boolean"),
    shows("StorageCapacity", f"{_DRIVER}.storageCapacity", "boolean"),
    shows("TokenRequests", f"{_DRIVER}.tokenRequests"),
    shows("RequiresRepublish", f"{_DRIVER}.requiresRepublish", "boolean"),
    shows("Modes", f"{_DRIVER}.volumeLifecycleModes"),
    AGE,
)


def csi_driver(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    audiences = [each.get("audience", "") for each in spec.get("tokenRequests") or ()]
    return [
        obj["metadata"]["name"],
        bool(spec.get("attachRequired", True)),
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        cells.joined(audiences, empty=cells.UNSET),
        bool(spec.get("requiresRepublish")),
        cells.joined(spec.get("volumeLifecycleModes"), empty=cells.NONE),
        cells.age(obj, now),
    ]


CSI_NODE = (
    NAME,
    says("Drivers", "Drivers indicates the number of CSI drivers registered on the node", "integer"),
    AGE,
)


def csi_node(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(cells.spec(obj).get("drivers") or ()), cells.age(obj, now)]
