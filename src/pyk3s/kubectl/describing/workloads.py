"""Deployments, ReplicaSets, DaemonSets, StatefulSets, Jobs and CronJobs."""

from collections.abc import Sequence
from typing import Any

from pyk3s.api import cells
from pyk3s.kubectl.describing import templates
from pyk3s.kubectl.describing.writer import (
    NONE,
    UNSET,
    Related,
    Writer,
    amount,
    annotations,
    boolean,
    controller,
    events,
    marks,
    selector,
    time_text,
    title,
)
from pyk3s.lib import timestamps

JSON = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"


def _marks(writer: Writer, obj: JSON) -> None:
    marks(writer, 0, "Labels", obj["metadata"].get("labels"))
    annotations(writer, 0, obj["metadata"].get("annotations"))


def _begin(writer: Writer, obj: JSON, *, created: bool = False) -> None:
    writer.field(0, "Name", obj["metadata"]["name"])
    writer.field(0, "Namespace", obj["metadata"].get("namespace", ""))
    if created:
        writer.field(0, "CreationTimestamp", time_text(obj["metadata"].get("creationTimestamp")))


def _pod_counts(pods: Sequence[JSON]) -> str:
    phases = [(pod.get("status") or {}).get("phase") for pod in pods]
    names = {"Running": "Running", "Pending": "Waiting", "Succeeded": "Succeeded", "Failed": "Failed"}
    return " / ".join(f"{phases.count(phase)} {name}" for phase, name in names.items())


def _controlled_by(writer: Writer, obj: JSON) -> None:
    if owner := controller(obj):
        writer.field(0, "Controlled By", f"{owner['kind']}/{owner['name']}")


def deployment(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj, created=True)
    _marks(writer, obj)
    writer.field(0, "Selector", selector(spec.get("selector")))
    counts = [("updated", "updatedReplicas"), ("total", "replicas"), ("available", "availableReplicas")]
    shown = [f"{spec.get('replicas', 1)} desired", *(f"{status.get(field, 0)} {name}" for name, field in counts)]
    writer.field(0, "Replicas", " | ".join([*shown, f"{status.get('unavailableReplicas', 0)} unavailable"]))
    strategy = spec.get("strategy") or {}
    writer.field(0, "StrategyType", strategy.get("type", ""))
    writer.field(0, "MinReadySeconds", spec.get("minReadySeconds", 0))
    if rolling := strategy.get("rollingUpdate"):
        text = f"{rolling.get('maxUnavailable')} max unavailable, {rolling.get('maxSurge')} max surge"
        writer.field(0, "RollingUpdateStrategy", text)
    templates.pod_template(writer, spec["template"])
    _conditions(writer, status)
    old, new = _sets(obj, related.sets)
    if old or new:
        writer.field(0, "OldReplicaSets", ", ".join(map(_set, old)) or NONE)
        writer.field(0, "NewReplicaSet", ", ".join(map(_set, new)) or NONE)
    events(writer, related.events, related.now)
    return writer.text()


def _sets(obj: JSON, sets: Sequence[JSON]) -> tuple[list[JSON], list[JSON]]:
    """The ReplicaSets of earlier templates that still exist, and the one of this template."""
    own = [each for each in sets if (owner := controller(each)) and owner["uid"] == obj["metadata"]["uid"]]
    own.sort(key=lambda each: str(each["metadata"].get("creationTimestamp")))
    wanted = (obj["metadata"].get("annotations") or {}).get(REVISION)
    new = [each for each in own if (each["metadata"].get("annotations") or {}).get(REVISION) == wanted]
    return [each for each in own if each not in new], new


def _set(found: JSON) -> str:
    wanted, there = found["spec"].get("replicas", 1), (found.get("status") or {}).get("replicas", 0)
    return f"{found['metadata']['name']} ({there}/{wanted} replicas created)"


def replica_set(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj)
    writer.field(0, "Selector", selector(spec.get("selector")))
    _marks(writer, obj)
    _controlled_by(writer, obj)
    writer.field(0, "Replicas", f"{status.get('replicas', 0)} current / {spec.get('replicas', 1)} desired")
    writer.field(0, "Pods Status", _pod_counts(related.pods))
    templates.pod_template(writer, spec["template"])
    _conditions(writer, status)
    events(writer, related.events, related.now)
    return writer.text()


def _conditions(writer: Writer, status: JSON) -> None:
    if status.get("conditions"):
        writer.line(0, "Conditions:\n  Type\tStatus\tReason")
        writer.line(1, "----\t------\t------")
        for each in status["conditions"]:
            writer.line(1, f"{each['type']} \t{each.get('status', '')}\t{each.get('reason', '')}")


def daemon_set(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj)
    writer.field(0, "Selector", selector(spec.get("selector")))
    nodes = (spec["template"].get("spec") or {}).get("nodeSelector")
    writer.field(0, "Node-Selector", cells.labels(nodes))
    _marks(writer, obj)
    for text, field in (
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
        ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ):
        writer.line(0, f"{text}: {status.get(field, 0)}")
    writer.field(0, "Pods Status", _pod_counts(related.pods))
    templates.pod_template(writer, spec["template"])
    events(writer, related.events, related.now)
    return writer.text()


def stateful_set(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj, created=True)
    writer.field(0, "Selector", selector(spec.get("selector")))
    _marks(writer, obj)
    _controlled_by(writer, obj)
    writer.field(0, "Replicas", f"{spec.get('replicas', 1)} desired | {status.get('replicas', 0)} total")
    strategy = spec.get("updateStrategy") or {}
    writer.field(0, "Update Strategy", strategy.get("type", ""))
    if (rolling := strategy.get("rollingUpdate")) and rolling.get("partition") is not None:
        writer.field(1, "Partition", rolling["partition"])
    writer.field(0, "Pods Status", _pod_counts(related.pods))
    templates.pod_template(writer, spec["template"])
    _claims(writer, spec.get("volumeClaimTemplates") or ())
    events(writer, related.events, related.now)
    return writer.text()


def _claims(writer: Writer, found: Sequence[JSON]) -> None:
    if not found:
        writer.field(0, "Volume Claims", NONE)
        return
    writer.line(0, "Volume Claims:")
    for each in found:
        metadata, spec = each["metadata"], each.get("spec") or {}
        writer.field(1, "Name", metadata["name"])
        writer.field(1, "StorageClass", spec.get("storageClassName", ""))
        marks(writer, 1, "Labels", metadata.get("labels"))
        annotations(writer, 1, metadata.get("annotations"))
        capacity = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        writer.field(1, "Capacity", amount(capacity) if capacity else "<default>")
        writer.field(1, "Access Modes", f"[{' '.join(spec.get('accessModes') or ())}]")


def job(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj)
    writer.field(0, "Selector", selector(spec.get("selector")))
    _marks(writer, obj)
    _controlled_by(writer, obj)
    if spec.get("parallelism") is not None:
        writer.field(0, "Parallelism", spec["parallelism"])
    writer.field(0, "Completions", spec.get("completions", UNSET))
    if spec.get("completionMode"):
        writer.field(0, "Completion Mode", spec["completionMode"])
    if spec.get("suspend") is not None:
        writer.field(0, "Suspend", boolean(spec["suspend"]))
    if spec.get("backoffLimit") is not None:
        writer.field(0, "Backoff Limit", spec["backoffLimit"])
    if spec.get("ttlSecondsAfterFinished") is not None:
        writer.field(0, "TTL Seconds After Finished", spec["ttlSecondsAfterFinished"])
    _job_times(writer, spec, status)
    ready = f" ({status['ready']} Ready)" if status.get("ready") is not None else ""
    counts = f"{status.get('active', 0)} Active{ready} / {status.get('succeeded', 0)} Succeeded"
    writer.field(0, "Pods Statuses", f"{counts} / {status.get('failed', 0)} Failed")
    if spec.get("completionMode") == "Indexed":
        writer.field(0, "Completed Indexes", status.get("completedIndexes") or NONE)
    templates.pod_template(writer, spec["template"])
    events(writer, related.events, related.now)
    return writer.text()


def _job_times(writer: Writer, spec: JSON, status: JSON) -> None:
    started, ended = status.get("startTime"), status.get("completionTime")
    if started:
        writer.field(0, "Start Time", time_text(started))
    if ended:
        writer.field(0, "Completed At", time_text(ended))
    if started and ended:
        took = timestamps.parse_rfc3339(ended) - timestamps.parse_rfc3339(started)
        writer.field(0, "Duration", cells.duration(took))
    if spec.get("activeDeadlineSeconds") is not None:
        writer.field(0, "Active Deadline Seconds", f"{spec['activeDeadlineSeconds']}s")


def cron_job(obj: JSON, related: Related) -> str:
    writer, spec, status = Writer(), obj["spec"], obj.get("status") or {}
    _begin(writer, obj)
    _marks(writer, obj)
    writer.field(0, "Schedule", spec.get("schedule", ""))
    writer.field(0, "Concurrency Policy", spec.get("concurrencyPolicy", ""))
    writer.field(0, "Suspend", title(spec.get("suspend")))
    for text, field in (
        ("Successful Job History Limit", "successfulJobsHistoryLimit"),
        ("Failed Job History Limit", "failedJobsHistoryLimit"),
    ):
        writer.field(0, text, spec.get(field, UNSET))
    deadline = spec.get("startingDeadlineSeconds")
    writer.field(0, "Starting Deadline Seconds", UNSET if deadline is None else f"{deadline}s")
    inner = spec["jobTemplate"]["spec"]
    writer.field(0, "Selector", selector(inner["selector"]) if inner.get("selector") else UNSET)
    writer.field(0, "Parallelism", inner.get("parallelism", UNSET))
    writer.field(0, "Completions", inner.get("completions", UNSET))
    templates.pod_template(writer, inner["template"])
    writer.field(0, "Last Schedule Time", time_text(status.get("lastScheduleTime")))
    writer.field(0, "Active Jobs", ", ".join(each["name"] for each in status.get("active") or ()) or NONE)
    events(writer, related.events, related.now)
    return writer.text()
