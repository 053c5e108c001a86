"""Pods: first status, quality of service, graceful deletion."""

from pyk3s.api import quality_of_service
from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base, label_keys

JSON = base.JSON
DEFAULT_GRACE_S = 30
_FINISHED = ("Succeeded", "Failed")
_RESIZED = ("containers", "initContainers")


class Pods(base.Strategy):
    """How pods differ."""

    def __init__(self) -> None:
        super().__init__(
            counts_generation=True,
            returns_deleted=True,
            empty_status={},
            indexed=("spec.nodeName",),
            selectable=(
                Field("spec.nodeName"),
                Field("spec.restartPolicy"),
                Field("spec.schedulerName"),
                Field("spec.serviceAccountName"),
                Field("spec.hostNetwork", default="false"),
                Field("status.phase"),
                Field("status.podIP"),
                Field("status.nominatedNodeName"),
            ),
        )

    def complete(self, obj: JSON) -> None:
        """The service account has two names; the address stands by itself and first in a list, and there it yields."""
        spec = obj["spec"]
        if name := spec.get("serviceAccountName") or spec.get("serviceAccount"):
            spec["serviceAccountName"] = spec["serviceAccount"] = name
        state = obj.get("status") or {}
        address, listed = state.get("podIP"), state.get("podIPs")
        if address and (not listed or listed[0].get("ip") != address):
            state["podIPs"] = [{"ip": address}]
        elif listed and not address:
            state["podIP"] = listed[0].get("ip", "")

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        spec = obj["spec"]
        if spec.get("affinity") or spec.get("topologySpreadConstraints"):
            label_keys.merge(obj)
        status: JSON = {"phase": "Pending", "qosClass": quality_of_service.of(spec)}
        if spec.get("schedulingGates"):
            status["conditions"] = [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "lastProbeTime": None,
                    "lastTransitionTime": now,
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                }
            ]
        obj["status"] = status

    def prepare_status(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_status(new, old, now)
        status = new.setdefault("status", {})
        if "qosClass" not in status and "qosClass" in old.get("status", {}):
            status["qosClass"] = old["status"]["qosClass"]

    def prepare_ephemeral(self, new: JSON, old: JSON, now: str) -> None:
        """An update of `ephemeralcontainers` adds such containers and changes nothing else."""
        added = new["spec"].get("ephemeralContainers")
        self._keep_all_but_spec(new, old)
        new["spec"] = {**old["spec"], "ephemeralContainers": added or []}
        self._count(new, old)

    def prepare_resize(self, new: JSON, old: JSON, now: str) -> None:
        """An update of `resize` changes resources of containers, and nothing else."""
        asked = {kind: {each["name"]: each for each in new["spec"].get(kind) or ()} for kind in _RESIZED}
        self._keep_all_but_spec(new, old)
        new["spec"] = dict(old["spec"])
        for kind in _RESIZED:
            if old["spec"].get(kind):
                new["spec"][kind] = [_resized(each, asked[kind].get(each["name"])) for each in old["spec"][kind]]
        self._count(new, old)

    def _count(self, new: JSON, old: JSON) -> None:
        if self.changed(new, old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1

    @staticmethod
    def _keep_all_but_spec(new: JSON, old: JSON) -> None:
        base.carry(new, old, "status")
        for key in ("labels", "annotations", "finalizers", "ownerReferences"):
            base.carry(new["metadata"], old["metadata"], key)

    def grace(self, obj: JSON, asked: int | None) -> int | None:
        """A pod that no kubelet runs, or that has ended, goes at once."""
        spec = obj["spec"]
        period = asked if asked is not None else int(spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_S))
        if not spec.get("nodeName") or obj.get("status", {}).get("phase") in _FINISHED:
            return 0
        return 1 if period < 0 else period


def _resized(container: JSON, asked: JSON | None) -> JSON:
    """A container with the resources and resize policy of another."""
    if asked is None:
        return container
    made = dict(container)
    for key in ("resources", "resizePolicy"):
        base.carry(made, asked, key)
    return made
