"""What a rollout's state means: progress of Deployments, DaemonSets and StatefulSets, and their revisions. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
KINDS = ("Deployment", "DaemonSet", "StatefulSet")


class Progress(NamedTuple):
    """What to tell, and whether the rollout is over."""

    text: str
    done: bool


def progress(obj: JSON, revision: int = 0) -> Progress:
    """How far a rollout is; raises CommandError where it cannot go on, or the kind has none."""
    match obj["kind"]:
        case "Deployment":
            return _deployment(obj, revision)
        case "DaemonSet":
            return _daemon_set(obj)
        case "StatefulSet":
            return _stateful_set(obj)
    raise CommandError(f"no status viewer has been implemented for {obj['kind']}")


def _observed(obj: JSON) -> bool:
    return bool(obj["metadata"].get("generation", 0) <= (obj.get("status") or {}).get("observedGeneration", 0))


def _deployment(obj: JSON, revision: int) -> Progress:
    name, status = obj["metadata"]["name"], obj.get("status") or {}
    if revision:
        there = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
        if int(there) != revision:
            raise CommandError(f"desired revision ({revision}) is different from the running revision ({there})")
    if not _observed(obj):
        return Progress("Waiting for deployment spec update to be observed...", False)
    for each in status.get("conditions") or ():
        if each.get("type") == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded":
            raise CommandError(f'deployment "{name}" exceeded its progress deadline')
    wanted, updated = (obj.get("spec") or {}).get("replicas", 1), status.get("updatedReplicas", 0)
    replicas, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    if updated < wanted:
        return Progress(f"{waiting}{updated} out of {wanted} new replicas have been updated...", False)
    if replicas > updated:
        return Progress(f"{waiting}{replicas - updated} old replicas are pending termination...", False)
    if available < updated:
        return Progress(f"{waiting}{available} of {updated} updated replicas are available...", False)
    return Progress(f'deployment "{name}" successfully rolled out', True)


def _daemon_set(obj: JSON) -> Progress:
    name, status = obj["metadata"]["name"], obj.get("status") or {}
    if ((obj.get("spec") or {}).get("updateStrategy") or {}).get("type", "RollingUpdate") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")
    if not _observed(obj):
        return Progress("Waiting for daemon set spec update to be observed...", False)
    wanted, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    available, waiting = status.get("numberAvailable", 0), f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < wanted:
        return Progress(f"{waiting}{updated} out of {wanted} new pods have been updated...", False)
    if available < wanted:
        return Progress(f"{waiting}{available} of {wanted} updated pods are available...", False)
    return Progress(f'daemon set "{name}" successfully rolled out', True)


def _stateful_set(obj: JSON) -> Progress:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")
    if not _observed(obj):
        return Progress("Waiting for statefulset spec update to be observed...", False)
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    if status.get("readyReplicas", 0) < wanted:
        return Progress(f"Waiting for {wanted - status.get('readyReplicas', 0)} pods to be ready...", False)
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    if partition:
        if updated < wanted - partition:
            told = f"{updated} out of {wanted - partition} new pods have been updated..."
            return Progress(f"Waiting for partitioned roll out to finish: {told}", False)
        return Progress(f"partitioned roll out complete: {updated} new pods have been updated...", True)
    if status.get("updateRevision") != status.get("currentRevision"):
        told = f"waiting for statefulset rolling update to complete {updated} pods at revision "
        return Progress(f"{told}{status.get('updateRevision', '')}...", False)
    count = f"{status.get('currentReplicas', 0)} pods at revision {status.get('currentRevision', '')}"
    return Progress(f"statefulset rolling update complete {count}...", True)


class Revision(NamedTuple):
    """One revision: its number, what caused it, and the pod template it had."""

    number: int
    cause: str
    template: JSON


def of_replica_sets(sets: Sequence[JSON]) -> list[Revision]:
    """The revisions that a Deployment's ReplicaSets keep, oldest first."""
    found = [_revision(each, each["spec"]["template"], _annotations(each).get(REVISION, "0")) for each in sets]
    return sorted((each for each in found if each.number), key=lambda each: each.number)


def of_controller_revisions(kept: Sequence[JSON]) -> list[Revision]:
    """The revisions of a DaemonSet or StatefulSet, oldest first."""
    found = []
    for each in kept:
        template = ((each.get("data") or {}).get("spec") or {}).get("template") or {}
        found.append(_revision(each, template, str(each.get("revision", 0))))
    return sorted(found, key=lambda each: each.number)


def _annotations(obj: JSON) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def _revision(obj: JSON, template: JSON, number: str) -> Revision:
    plain = {key: value for key, value in template.items() if key != "$patch"}
    return Revision(int(number), _annotations(obj).get(CAUSE, ""), plain)


def chosen(revisions: Sequence[Revision], wanted: int, whose: str) -> Revision:
    """The revision to go back to: that one, or the last but one; raises CommandError."""
    if not revisions:
        raise CommandError(f"no rollout history found for {whose}")
    if wanted:
        found = next((each for each in revisions if each.number == wanted), None)
        if found is None:
            raise CommandError(f"unable to find specified revision {wanted} in history")
        return found
    if len(revisions) < 2:
        raise CommandError(f"no last revision to roll back to for {whose}")
    return revisions[-2]
