"""The nodes on which a shape fits, best first, kept up as the cluster changes.

A heap per shape holds (score, node, version); an entry whose node has changed since is stale and skipped when met. To
choose a node therefore costs a few comparisons plus one new entry per node that changed since the last pod of that
shape: after a binding that is one node, whatever the size of the cluster. Equal scores are broken by a running
number, so that the node that was looked at longest ago wins.
"""

import heapq
import itertools

from pyk3s.scheduler.cluster import Cluster, NodeState
from pyk3s.scheduler.demand import Shape
from pyk3s.scheduler.filters import explain, fits, static_reason
from pyk3s.scheduler.scores import dynamic_score, preference, static_score, unwanted_taints

SHAPES_MOST = 1024


class _Static:
    """What does not depend on what runs on the node."""

    __slots__ = ("allowed", "preferred", "taints", "version")

    def __init__(self, shape: Shape, node: NodeState):
        self.version = node.static_version
        self.allowed = not static_reason(shape, node)
        self.taints = unwanted_taints(shape, node) if self.allowed else 0
        self.preferred = preference(shape, node) if self.allowed else 0


class Candidates:
    """The candidates of one shape."""

    def __init__(self, shape: Shape, cluster: Cluster):
        self._shape, self._cluster = shape, cluster
        self._static: dict[str, _Static] = {}
        self._heap: list[tuple[float, int, str, int]] = []
        self._turn = itertools.count()
        self._seen = -1
        self._most_taints = self._most_preferred = 0
        self._refusal: tuple[int, str] = (-1, "")

    def best(self) -> str | None:
        """The best node on which the shape fits now, or None."""
        self._catch_up()
        while self._heap:
            _, _, name, version = self._heap[0]
            node = self._cluster.node(name)
            if node is not None and node.version == version:
                return name
            heapq.heappop(self._heap)
        return None

    def refusal(self) -> str:
        """Why it fits nowhere."""
        if self._refusal[0] != self._cluster.position:
            self._refusal = (self._cluster.position, explain(self._shape, self._cluster.nodes()))
        return self._refusal[1]

    def _catch_up(self) -> None:
        position = self._cluster.position
        if position == self._seen:
            return
        changed = self._cluster.changed_since(self._seen) if self._seen >= 0 else None
        self._seen = position
        if changed is None or not self._refresh_static(changed) or len(self._heap) > 4 * len(self._static) + 256:
            self._rebuild()
            return
        for name in changed:
            node = self._cluster.node(name)
            if node is not None:
                self._offer(node)

    def _refresh_static(self, changed: set[str]) -> bool:
        """Look again at nodes whose description changed; False if that moves the scale of all scores."""
        scale_holds = True
        for name in changed:
            node = self._cluster.node(name)
            if node is None:
                scale_holds = scale_holds and not self._bears_scale(self._static.pop(name, None))
            elif (known := self._static.get(name)) is None or known.version != node.static_version:
                fresh = self._static[name] = _Static(self._shape, node)
                scale_holds = scale_holds and not self._bears_scale(known) and not self._bears_scale(fresh)
        return scale_holds

    def _bears_scale(self, static: _Static | None) -> bool:
        """Whether this node is (or would be) one that others are measured against."""
        if static is None or not static.allowed:
            return False
        return (static.taints > 0 and static.taints >= self._most_taints) or (
            static.preferred > 0 and static.preferred >= self._most_preferred
        )

    def _rebuild(self) -> None:
        nodes = list(self._cluster.nodes())
        self._static = {node.name: _Static(self._shape, node) for node in nodes}
        self._most_taints = max((each.taints for each in self._static.values()), default=0)
        self._most_preferred = max((each.preferred for each in self._static.values()), default=0)
        self._heap.clear()
        for node in nodes:
            self._offer(node)

    def _offer(self, node: NodeState) -> None:
        static = self._static[node.name]
        if static.allowed and fits(self._shape, node):
            score = dynamic_score(self._shape, node)
            if self._most_taints or self._most_preferred:
                score += static_score(static.taints, static.preferred, self._most_taints, self._most_preferred)
            heapq.heappush(self._heap, (-score, next(self._turn), node.name, node.version))


class CandidateBook:
    """The candidates of every shape in use; the longest unused are forgotten."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._by_shape: dict[Shape, Candidates] = {}

    def of(self, shape: Shape) -> Candidates:
        found = self._by_shape.pop(shape, None) or Candidates(shape, self._cluster)
        self._by_shape[shape] = found
        if len(self._by_shape) > SHAPES_MOST:
            del self._by_shape[next(iter(self._by_shape))]
        return found
