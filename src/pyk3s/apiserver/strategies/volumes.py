"""Persistent volumes and claims: first phase, protection."""

from pyk3s.apiserver.strategies import base

JSON = base.JSON
_FILLABLE = ((None, "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


class Claims(base.Strategy):
    """How claims differ: what they are filled from stands in two fields, the older of which knows two kinds only."""

    def __init__(self) -> None:
        super().__init__(
            empty_status={"phase": "Pending"}, finalizers=("kubernetes.io/pvc-protection",), returns_deleted=True
        )

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        settle_sources(obj["spec"], {})

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        settle_sources(new["spec"], old["spec"])


def settle_sources(spec: JSON, before: JSON) -> None:
    """Drop a source that the older field may not name, and let either field follow the other."""
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None:
        fillable = (source.get("apiGroup") or None, source.get("kind")) in _FILLABLE
        if fillable or "dataSource" in before or "dataSourceRef" in before:
            spec["dataSourceRef"] = dict(source)
        else:
            del spec["dataSource"]
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = dict(reference)


class Volumes(base.Strategy):
    """How persistent volumes differ."""

    def __init__(self) -> None:
        super().__init__(empty_status={}, finalizers=("kubernetes.io/pv-protection",), returns_deleted=True)

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": now}

    def prepare_status(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_status(new, old, now)
        status, before = new.setdefault("status", {}), old.get("status", {})
        if status.get("phase") != before.get("phase"):
            status.setdefault("lastPhaseTransitionTime", now)
