"""Rules of PersistentVolumes."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, differences
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import claims, resources, scheduling, volumes

RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")


def create(volume: Object, errors: Errors) -> None:
    spec = volume.get("spec") or {}
    _modes(spec, errors)
    capacity = spec.get("capacity") or None
    if capacity is None:
        errors.append(fields.required("spec.capacity"))
    if set(capacity or ()) != {"storage"}:
        errors.append(fields.not_supported("spec.capacity", capacity, ["storage"]))
    for name, given in (capacity or {}).items():
        _capacity(name, given, errors)
    if policy := spec.get("persistentVolumeReclaimPolicy"):
        checks.one_of(errors, policy, "spec.persistentVolumeReclaimPolicy", RECLAIM_POLICIES)
    if (affinity := spec.get("nodeAffinity")) is not None:
        _node_affinity(affinity, errors)
    _source(spec, errors)
    _classes(spec, errors)


def _modes(spec: Object, errors: Errors) -> None:
    modes = spec.get("accessModes") or []
    checks.present(errors, modes, "spec.accessModes")
    for mode in modes:
        checks.one_of(errors, mode, "spec.accessModes", claims.ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(mode in claims.ACCESS_MODES[:3] for mode in modes):
        errors.append(fields.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"))


def _capacity(name: str, given: str, errors: Errors) -> None:
    path = f"spec.capacity[{name}]"
    resources.resource_name(errors, name, path)
    measured = checks.amount(given)
    if measured.nanos <= 0:
        errors.append(fields.invalid(path, str(measured), "must be greater than zero"))


def _node_affinity(affinity: Object, errors: Errors) -> None:
    if (required := affinity.get("required")) is None:
        errors.append(fields.required("spec.nodeAffinity.required", "must specify required node constraints"))
    else:
        scheduling.node_selector(required, "spec.nodeAffinity.required", errors)


def _local(value: Object, path: str, errors: Errors) -> None:
    if not value.get("path"):
        errors.append(fields.required(f"{path}.path"))
    else:
        checks.absolute_path_free_of_dots(errors, value["path"], f"{path}.path")


def _csi(value: Object, path: str, errors: Errors) -> None:
    volumes.driver_name(value.get("driver"), f"{path}.driver", errors)
    checks.present(errors, value.get("volumeHandle"), f"{path}.volumeHandle")
    for key in value:
        if key.endswith("SecretRef"):
            for part in ("name", "namespace"):
                checks.present(errors, value[key].get(part), f"{path}.{key}.{part}")


SOURCES: dict[str, volumes.Source] = {
    key: volumes.SOURCES[key]
    for key in (
        "hostPath",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "glusterfs",
        "flocker",
        "nfs",
        "rbd",
        "quobyte",
        "cephfs",
        "iscsi",
        "cinder",
        "fc",
        "flexVolume",
        "azureFile",
        "vsphereVolume",
        "photonPersistentDisk",
        "portworxVolume",
        "azureDisk",
        "scaleIO",
        "storageos",
    )
} | {"local": _local, "csi": _csi}


def _source(spec: Object, errors: Errors) -> None:
    chosen = [key for key in SOURCES if spec.get(key) is not None]
    if not chosen:
        errors.append(fields.required("spec", "must specify a volume type"))
        return
    SOURCES[chosen[0]](spec[chosen[0]], f"spec.{chosen[0]}", errors)
    for key in chosen[1:]:
        errors.append(fields.forbidden(f"spec.{key}", "may not specify more than 1 volume type"))
    if chosen[0] == "local" and spec.get("nodeAffinity") is None:
        errors.append(fields.required("spec.nodeAffinity", "Local volume requires node affinity"))
    recycled = spec.get("persistentVolumeReclaimPolicy") == "Recycle"
    if chosen[0] == "hostPath" and recycled and (spec["hostPath"].get("path") or "").rstrip("/") == "":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        errors.append(fields.forbidden("spec.persistentVolumeReclaimPolicy", detail))


def _classes(spec: Object, errors: Errors) -> None:
    if name := spec.get("storageClassName"):
        checks.text(errors, names.subdomain, name, "spec.storageClassName")
    if (name := spec.get("volumeAttributesClassName")) is not None:
        path = "spec.volumeAttributesClassName"
        checks.required_text(errors, names.subdomain, name, path, "an empty string is disallowed")
        if spec.get("csi") is None:
            errors.append(fields.required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    if (mode := spec.get("volumeMode")) is not None:
        checks.one_of(errors, mode, "spec.volumeMode", claims.VOLUME_MODES)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    after, before = new.get("spec") or {}, old.get("spec") or {}
    new_source, old_source = ({key: spec.get(key) for key in SOURCES if spec.get(key)} for spec in (after, before))
    if new_source != old_source:
        shown = differences.describe(old_source, new_source)
        detail = f"spec.persistentvolumesource is immutable after creation\n{shown}"
        errors.append(fields.forbidden("spec.persistentvolumesource", detail))
    checks.same_fields(errors, after, before, "", "volumeMode")
    if before.get("nodeAffinity") is not None:
        checks.same_fields(errors, after, before, "", "nodeAffinity")
    if before.get("volumeAttributesClassName") is not None and after.get("volumeAttributesClassName") is None:
        detail = "update from non-nil value to nil is forbidden"
        errors.append(fields.forbidden("spec.volumeAttributesClassName", detail))


def update_status(new: Object, old: Object, errors: Errors) -> None:
    checks.present(errors, new["metadata"].get("resourceVersion"), "resourceVersion")
