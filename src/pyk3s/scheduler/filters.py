"""Whether a shape may run on a node, and why not. Pure; wording as kube-scheduler's, which people and tools search
for.
"""

from collections.abc import Iterable, Mapping

from pyk3s.scheduler.cluster import NodeState
from pyk3s.scheduler.demand import HostPort, Shape
from pyk3s.scheduler.objects import Requirement, SelectorTerm, Taint, Toleration

UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
HARD_EFFECTS = ("NoSchedule", "NoExecute")


def static_reason(shape: Shape, node: NodeState) -> str:
    """Why the node's own description rules it out; empty if it does not. Independent of what runs there."""
    if node.unschedulable and not tolerated(UNSCHEDULABLE, shape.tolerations):
        return "node(s) were unschedulable"
    if any(taint.effect in HARD_EFFECTS and not tolerated(taint, shape.tolerations) for taint in node.taints):
        return "node(s) had untolerated taint(s)"
    if not selected(shape, node):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def fits(shape: Shape, node: NodeState) -> bool:
    """Whether what is free on the node suffices."""
    if node.pods >= node.pod_limit:
        return False
    free, used = node.allocatable, node.used
    for name, wanted in shape.requests:
        if wanted > free.get(name, 0) - used.get(name, 0):
            return False
    return not shape.ports or not _port_taken(shape.ports, node.ports)


def dynamic_reasons(shape: Shape, node: NodeState) -> list[str]:
    """Everything that is not free, as kube-scheduler counts it: taken ports alone, else each short resource."""
    if shape.ports and _port_taken(shape.ports, node.ports):
        return ["node(s) didn't have free ports for the requested pod ports"]
    short = ["Too many pods"] if node.pods >= node.pod_limit else []
    for name, wanted in shape.requests:
        if wanted > node.allocatable.get(name, 0) - node.used.get(name, 0):
            short.append(f"Insufficient {name}")
    return short


def explain(shape: Shape, nodes: Iterable[NodeState]) -> str:
    """The message of a pod that fits nowhere: `0/3 nodes are available: 1 Insufficient cpu, 2 ...`."""
    counts: dict[str, int] = {}
    total = 0
    for node in nodes:
        total += 1
        reason = static_reason(shape, node)
        for each in [reason] if reason else dynamic_reasons(shape, node):
            counts[each] = counts.get(each, 0) + 1
    if not total:
        return "no nodes available to schedule pods"
    listed = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"0/{total} nodes are available: {', '.join(listed)}."


def tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    return any(_tolerates(each, taint) for each in tolerations)


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or (bool(toleration.key) and toleration.value == taint.value)


def selected(shape: Shape, node: NodeState) -> bool:
    """`spec.nodeSelector` and the required node affinity."""
    labels = node.labels
    for key, value in shape.node_selector:
        if labels.get(key) != value:
            return False
    required = shape.affinity.required if shape.affinity else None
    return required is None or any(term_matches(term, node) for term in required.node_selector_terms)


def term_matches(term: SelectorTerm, node: NodeState) -> bool:
    """All expressions of the term hold; a term without any matches nothing."""
    if not term.match_expressions and not term.match_fields:
        return False
    return all(_holds(each, node.labels) for each in term.match_expressions or ()) and all(
        _holds(each, {"metadata.name": node.name}) for each in term.match_fields or ()
    )


def _holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    values = requirement.values or ()
    match requirement.operator:
        case "In":
            return value in values if value is not None else False
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compared(requirement.operator, value, values)
    return False


def _compared(operator: str, value: str | None, values: tuple[str, ...]) -> bool:
    if value is None or len(values) != 1:
        return False
    try:
        mine, bound = int(value), int(values[0])
    except ValueError:
        return False
    return mine > bound if operator == "Gt" else mine < bound


def _port_taken(wanted: tuple[HostPort, ...], taken: Mapping[HostPort, int]) -> bool:
    for protocol, address, port in wanted:
        for held_protocol, held_address, held_port in taken:
            same_port = held_port == port and held_protocol == protocol
            if same_port and (not address or not held_address or address == held_address):
                return True
    return False
