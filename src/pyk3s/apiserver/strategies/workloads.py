"""DaemonSets count their templates; Jobs get a selector of their own."""

from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
JOB_WARNING = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_NO_DAEMONS: JSON = {
    "currentNumberScheduled": 0,
    "numberMisscheduled": 0,
    "desiredNumberScheduled": 0,
    "numberReady": 0,
}


class DaemonSets(base.Strategy):
    """How DaemonSets differ: an annotation counts the changes of their pod template."""

    def __init__(self) -> None:
        super().__init__(counts_generation=True, empty_status=_NO_DAEMONS)

    def complete(self, obj: JSON) -> None:
        metadata = obj["metadata"]
        metadata["annotations"] = {TEMPLATE_GENERATION: "0", **(metadata.get("annotations") or {})}

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        obj["metadata"]["annotations"][TEMPLATE_GENERATION] = "1"

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        counted = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "0"))
        changed = new["spec"].get("template") != old["spec"].get("template")
        new["metadata"]["annotations"][TEMPLATE_GENERATION] = str(counted + changed)


class Jobs(base.Strategy):
    """How Jobs differ: unless told otherwise, they select their pods by their own uid."""

    def __init__(self) -> None:
        super().__init__(
            counts_generation=True,
            empty_status={},
            orphans_by_default=True,
            orphan_warning=JOB_WARNING,
            selectable=(Field("status.successful", "status.succeeded", "0"),),
            unsupported_field='field label "{path}" not supported for Job',
        )

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        spec = obj["spec"]
        if spec.get("manualSelector"):
            return
        uid, name = obj["metadata"]["uid"], obj["metadata"].get("name", "")
        own = {
            "batch.kubernetes.io/controller-uid": uid,
            "controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
            "job-name": name,
        }
        template = spec.setdefault("template", {}).setdefault("metadata", {})
        labels = template["labels"] = {**own, **(template.get("labels") or {})}
        for key in ("batch.kubernetes.io/controller-uid", "controller-uid"):
            labels[key] = uid
        if not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)
        selector = spec.setdefault("selector", {}).setdefault("matchLabels", {})
        selector["batch.kubernetes.io/controller-uid"] = uid
