"""What a node's silence or conditions mean: its conditions, its taints, and when its pods must go. Pure."""

from collections.abc import Iterable

import msgspec

from pyk3s.controllers.objects import Condition, Node, Pod, Taint, condition
from pyk3s.lib import timestamps

NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
WATCHED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
BY_CONDITION = {
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
}
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
OWN_NO_SCHEDULE = frozenset(BY_CONDITION.values()) | {UNSCHEDULABLE}
EVICTING = (NOT_READY, UNREACHABLE)


def silent_conditions(node: Node, now: float) -> list[Condition]:
    """Conditions of a node from which nothing is heard: what it last said is unknown now."""
    stamp = timestamps.rfc3339(now)
    made = list(node.status.conditions)
    for kind in WATCHED:
        present = condition(made, kind)
        if present is None:
            heard = node.metadata.creation_timestamp
            reason, message = "NodeStatusNeverUpdated", "Kubelet never posted node status."
        elif present.status == "Unknown":
            continue
        else:
            heard = present.last_heartbeat_time
            reason, message = "NodeStatusUnknown", "Kubelet stopped posting node status."
        unknown = Condition(kind, "Unknown", reason, message, last_heartbeat_time=heard, last_transition_time=stamp)
        made = [unknown if each.type == kind else each for each in made] if present else [*made, unknown]
    return made


def is_ready(node: Node) -> bool:
    ready = condition(node.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def taints(node: Node, *, evict: bool, now: float) -> list[Taint]:
    """The taints that the node should have. `evict` is False while the whole cluster looks lost: then it is more
    likely that
    the control plane is cut off than that every node failed, and nothing is driven away."""
    wanted = {key: "NoSchedule" for kind_status, key in BY_CONDITION.items() if _has(node, *kind_status)}
    if node.spec.unschedulable:
        wanted[UNSCHEDULABLE] = "NoSchedule"
    evicting = [key for key in EVICTING if key in wanted] if evict else []
    kept = [
        each
        for each in node.spec.taints
        if not (each.effect == "NoSchedule" and each.key in OWN_NO_SCHEDULE and each.key not in wanted)
        and not (each.effect == "NoExecute" and each.key in EVICTING and each.key not in evicting)
    ]
    present = {(each.key, each.effect) for each in kept}
    stamp = timestamps.rfc3339(now)
    added = [(key, "NoSchedule") for key in wanted] + [(key, "NoExecute") for key in evicting]
    return kept + [
        Taint(key=key, effect=effect, time_added=stamp) for key, effect in added if (key, effect) not in present
    ]


def _has(node: Node, kind: str, status: str) -> bool:
    present = condition(node.status.conditions, kind)
    return present is not None and present.status == status


def evict_in(pod: Pod, node_taints: Iterable[Taint], now: float) -> float | None:
    """Seconds until the pod must leave because of NoExecute taints: 0 at once, None never."""
    due: float | None = None
    for taint in node_taints:
        if taint.effect != "NoExecute":
            continue
        left = _tolerated_for(pod, taint, now)
        if left is not None:
            due = left if due is None else min(due, left)
    return due


def _tolerated_for(pod: Pod, taint: Taint, now: float) -> float | None:
    """Seconds for which the pod still tolerates the taint; None for ever. Without a toleration, 0."""
    matching = [
        each
        for each in pod.spec.tolerations
        if each.effect in ("", "NoExecute")
        and (each.key == taint.key or (not each.key and each.operator == "Exists"))
        and (each.operator == "Exists" or each.value == taint.value)
    ]
    if not matching:
        return 0.0
    limits = [each.toleration_seconds for each in matching if each.toleration_seconds is not None]
    if not limits:
        return None
    since = timestamps.parse_rfc3339(taint.time_added) if taint.time_added else now
    return max(0.0, since + max(0, min(limits)) - now)


def encoded(items: Iterable[msgspec.Struct]) -> list[object]:
    """Conditions or taints as the API takes them."""
    return [msgspec.to_builtins(each) for each in items]
