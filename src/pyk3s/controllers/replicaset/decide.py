"""What a ReplicaSet needs: which pods to remove first, in what batches to create, what its status is. Pure."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from pyk3s.controllers import pods
from pyk3s.controllers.objects import Condition, Pod, ReplicaSet, ReplicaSetStatus, condition
from pyk3s.lib import timestamps

MOST_AT_ONCE = 500
PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def slow_start(total: int) -> Iterator[int]:
    """Sizes of successive batches: 1, 2, 4, ... so that a refused pod is noticed before many are tried."""
    size, left = 1, min(total, MOST_AT_ONCE)
    while left:
        yield (batch := min(size, left))
        left -= batch
        size *= 2


def removal_order(active: Sequence[Pod], now: float) -> list[Pod]:
    """Active pods, those first whose loss hurts least: without node, not running, not ready, cheap to delete, crowded
    together, ready for a short time, often restarted, young. (The order that the ReplicaSet documentation promises.)"""
    crowd: dict[str, int] = {}
    for pod in active:
        crowd[pod.spec.node_name] = crowd.get(pod.spec.node_name, 0) + 1

    def rank(pod: Pod) -> tuple[float, ...]:
        return (
            bool(pod.spec.node_name),
            PHASES.get(pod.status.phase, 0),
            pods.is_ready(pod),
            _cost(pod),
            -crowd[pod.spec.node_name],
            _age_class(_ready_since(pod), now),
            -max((each.restart_count for each in pod.status.container_statuses), default=0),
            _age_class(pod.metadata.creation_timestamp, now),
        )

    return sorted(active, key=rank)


def _cost(pod: Pod) -> int:
    text = pod.metadata.annotations.deletion_cost
    return int(text) if text.lstrip("-").isdigit() else 0


def _ready_since(pod: Pod) -> str | None:
    ready = condition(pod.status.conditions, "Ready")
    return ready.last_transition_time if ready and ready.status == "True" else None


def _age_class(since: str | None, now: float) -> int:
    """Ages compare by order of magnitude, so that equals are not always the youngest of one second."""
    return int(math.log2(max(1.0, now - timestamps.parse_rfc3339(since)))) if since else 0


def status(
    replica_set: ReplicaSet, owned: Sequence[Pod], template_labels: dict[str, str], now: float, failure: str
) -> tuple[ReplicaSetStatus, float | None]:
    """The new status, and in how many seconds the next pod becomes available by time alone.

    `failure` is what creating pods met; empty if nothing.
    """
    active = [pod for pod in owned if pods.is_active(pod)]
    waits = [pods.available_in(pod, replica_set.spec.min_ready_seconds, now) for pod in active]
    ready = [wait for wait in waits if wait is not None]
    made = ReplicaSetStatus(
        replicas=len(active),
        fully_labeled_replicas=sum(1 for pod in active if template_labels.items() <= pod.metadata.labels.items()),
        ready_replicas=sum(1 for pod in active if pods.is_ready(pod)),
        available_replicas=sum(1 for wait in ready if not wait),
        terminating_replicas=sum(
            1 for pod in owned if pod.metadata.deletion_timestamp is not None and not pods.is_finished(pod)
        ),
        observed_generation=replica_set.metadata.generation,
        conditions=_conditions(replica_set, len(active), failure, now),
    )
    return made, min((wait for wait in ready if wait), default=None)


def _conditions(replica_set: ReplicaSet, active: int, failure: str, now: float) -> list[Condition]:
    others = [each for each in replica_set.status.conditions if each.type != "ReplicaFailure"]
    present = condition(replica_set.status.conditions, "ReplicaFailure")
    if not failure:
        return others
    reason = "FailedCreate" if active < replica_set.spec.replicas else "FailedDelete"
    if present is not None and (present.reason, present.message) == (reason, failure):
        return replica_set.status.conditions
    stamp = timestamps.rfc3339(now)
    return [*others, Condition("ReplicaFailure", "True", reason, failure, last_transition_time=stamp)]


def template_labels(template: msgspec.Raw) -> dict[str, str]:
    """The labels that a template puts on its pods."""
    return _decode_labels(template).metadata.labels


class _TemplateMetadata(msgspec.Struct):
    labels: dict[str, str] = {}


class _Template(msgspec.Struct):
    metadata: _TemplateMetadata = msgspec.field(default_factory=_TemplateMetadata)


_decode_labels = msgspec.json.Decoder(_Template).decode
