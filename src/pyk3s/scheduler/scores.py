"""How well a shape suits a node it fits: higher is better. Weights are kube-scheduler's defaults.

A score has a static part (taints it would rather avoid, preferred node affinity), scaled by the extremes over all
nodes, and a dynamic part from what is free.
"""

from pyk3s.scheduler.cluster import NodeState
from pyk3s.scheduler.demand import Shape
from pyk3s.scheduler.filters import term_matches, tolerated

TAINT_WEIGHT, AFFINITY_WEIGHT = 3, 2


def dynamic_score(shape: Shape, node: NodeState) -> float:
    """Least allocated plus balanced allocation of CPU and memory, 0 to 200, as it would be with the pod on the node."""
    cpu, memory = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
    if not cpu or not memory:
        return 0.0
    cpu_share = (node.likely_cpu + shape.likely_cpu) / cpu
    memory_share = (node.likely_memory + shape.likely_memory) / memory
    free = max(0.0, 1 - cpu_share) + max(0.0, 1 - memory_share)
    return 50 * free + 100 - 50 * abs(min(cpu_share, 1.0) - min(memory_share, 1.0))


def unwanted_taints(shape: Shape, node: NodeState) -> int:
    """PreferNoSchedule taints that the pod does not tolerate."""
    return sum(
        1 for taint in node.taints if taint.effect == "PreferNoSchedule" and not tolerated(taint, shape.tolerations)
    )


def preference(shape: Shape, node: NodeState) -> int:
    """Sum of the weights of preferred node affinity terms that the node meets."""
    preferred = shape.affinity.preferred if shape.affinity else None
    return sum(each.weight for each in preferred or () if term_matches(each.preference, node))


def static_score(taints: int, preferred: int, most_taints: int, most_preferred: int) -> float:
    """The static part, 0 to 500, given the largest counts over all nodes."""
    score = TAINT_WEIGHT * 100 * (1 - taints / most_taints) if most_taints else TAINT_WEIGHT * 100.0
    return score + (AFFINITY_WEIGHT * 100 * preferred / most_preferred if most_preferred else 0.0)
