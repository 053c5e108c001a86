"""Volumes of pods and sources of PersistentVolumes, each kind in its own few lines."""

from collections.abc import Sequence
from typing import Any

from pyk3s.kubectl.describing.writer import NONE, Writer, boolean

JSON = dict[str, Any]
# Kind: what it is called, and (label, field) of what is told of it.
_KINDS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "hostPath": ("HostPath (bare host directory volume)", (("Path", "path"), ("HostPathType", "type"))),
    "emptyDir": (
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        (("Medium", "medium"), ("SizeLimit", "sizeLimit")),
    ),
    "secret": ("Secret (a volume populated by a Secret)", (("SecretName", "secretName"), ("Optional", "optional"))),
    "configMap": ("ConfigMap (a volume populated by a ConfigMap)", (("Name", "name"), ("Optional", "optional"))),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")),
    ),
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (("ClaimName", "claimName"), ("ReadOnly", "readOnly")),
    ),
    "local": ("LocalVolume (a persistent volume backed by local storage on a node)", (("Path", "path"),)),
    "csi": (
        "CSI (a Container Storage Interface (CSI) volume source)",
        (("Driver", "driver"), ("FSType", "fsType"), ("ReadOnly", "readOnly")),
    ),
    "image": ("Image (a container image or OCI artifact)", (("Reference", "reference"), ("PullPolicy", "pullPolicy"))),
}
_SWITCHES = ("optional", "readOnly")


def describe(writer: Writer, level: int, found: Sequence[JSON] | None) -> None:
    """The block `Volumes`."""
    if not found:
        writer.field(level, "Volumes", NONE)
        return
    writer.line(level, "Volumes:")
    for volume in found:
        writer.line(level, f"{' ' if level else '  '}{volume['name']}:")
        source(writer, 2, volume)


def source(writer: Writer, level: int, volume: JSON) -> None:
    """What a volume is made of."""
    kind = next((name for name in volume if name != "name"), "emptyDir")
    found = volume.get(kind) or {}
    if kind == "projected":
        _projected(writer, level, found)
        return
    if kind == "downwardAPI":
        _downward(writer, level, found)
        return
    known = _KINDS.get(kind)
    if known is None:
        writer.field(level, "Type", kind)
        return
    writer.field(level, "Type", known[0])
    for label, field in known[1]:
        value = found.get(field, "")
        if field == "sizeLimit":
            value = value or "<unset>"
        writer.field(level, label, boolean(value) if field in _SWITCHES else value)


def _projected(writer: Writer, level: int, found: JSON) -> None:
    writer.field(level, "Type", "Projected (a volume that contains injected data from multiple sources)")
    for each in found.get("sources") or ():
        if "secret" in each:
            writer.field(level, "SecretName", each["secret"].get("name", ""))
            writer.field(level, "Optional", boolean(each["secret"].get("optional")))
        elif "downwardAPI" in each:
            writer.field(level, "DownwardAPI", "true")
        elif "configMap" in each:
            writer.field(level, "ConfigMapName", each["configMap"].get("name", ""))
            writer.field(level, "Optional", boolean(each["configMap"].get("optional")))
        elif "serviceAccountToken" in each:
            writer.field(level, "TokenExpirationSeconds", each["serviceAccountToken"].get("expirationSeconds", 3600))


def _downward(writer: Writer, level: int, found: JSON) -> None:
    writer.field(level, "Type", "DownwardAPI (a volume populated by information about the pod)")
    writer.line(level, "Items:")
    for each in found.get("items") or ():
        if ref := each.get("fieldRef"):
            writer.line(level + 1, f"{ref.get('fieldPath', '')} -> {each.get('path', '')}")
        elif ref := each.get("resourceFieldRef"):
            writer.line(level + 1, f"{ref.get('resource', '')} -> {each.get('path', '')}")
