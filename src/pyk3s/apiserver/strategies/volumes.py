"""Persistent volumes and claims: first phase, protection."""

from pyk3s.apiserver.strategies import base

JSON = base.JSON
CLAIMS = base.Strategy(
    empty_status={"phase": "Pending"}, finalizers=("kubernetes.io/pvc-protection",), returns_deleted=True
)


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
