"""The scheduler's picture of the cluster: what each node offers and what is promised on it. No I/O.

It is kept up incrementally. Every change of a node gives it a new version and an entry in a journal, from which
candidates catch up; nothing ever walks all nodes because one changed.
"""

from collections.abc import Iterable

from pyk3s.scheduler.demand import Amounts, HostPort, Shape, amount
from pyk3s.scheduler.objects import Node, Taint

JOURNAL_MOST = 8192


class NodeState:
    """One node. `known` is False while only pods tell of it."""

    __slots__ = (
        "allocatable",
        "known",
        "labels",
        "likely_cpu",
        "likely_memory",
        "name",
        "pod_limit",
        "pods",
        "ports",
        "static_version",
        "taints",
        "unschedulable",
        "used",
        "version",
    )

    def __init__(self, name: str):
        self.name, self.known = name, False
        self.labels: dict[str, str] = {}
        self.taints: tuple[Taint, ...] = ()
        self.unschedulable = False
        self.allocatable: Amounts = {}
        self.pod_limit = 0
        self.used: Amounts = {}
        self.likely_cpu = self.likely_memory = self.pods = 0
        self.ports: dict[HostPort, int] = {}
        self.version = self.static_version = 0

    def carry(self, shape: Shape, sign: int) -> None:
        """Add (+1) or take away (-1) one pod of this shape."""
        self.pods += sign
        self.likely_cpu += sign * shape.likely_cpu
        self.likely_memory += sign * shape.likely_memory
        for name, wanted in shape.requests:
            self.used[name] = self.used.get(name, 0) + sign * wanted
        for port in shape.ports:
            self.ports[port] = count = self.ports.get(port, 0) + sign
            if not count:
                del self.ports[port]


class Cluster:
    """All nodes, and where each pod is."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeState] = {}
        self._placed: dict[str, tuple[str, Shape]] = {}
        self._journal: list[str] = []
        self._journal_start = 0

    @property
    def position(self) -> int:
        """Grows with every change."""
        return self._journal_start + len(self._journal)

    def changed_since(self, position: int) -> set[str] | None:
        """Names of nodes that changed since; None if that is too long ago to tell."""
        if position < self._journal_start:
            return None
        return set(self._journal[position - self._journal_start :])

    def nodes(self) -> Iterable[NodeState]:
        return (node for node in self._nodes.values() if node.known)

    def node(self, name: str) -> NodeState | None:
        found = self._nodes.get(name)
        return found if found is not None and found.known else None

    def set_node(self, node: Node) -> None:
        """A node was added or changed; changes that do not matter here leave no trace."""
        state = self._state(node.metadata.name)
        offered = node.status.allocatable or {}
        allocatable = {name: amount(name, text) for name, text in offered.items()}
        described = (node.metadata.labels, node.spec.taints or (), node.spec.unschedulable, allocatable)
        if state.known and described == (state.labels, state.taints, state.unschedulable, state.allocatable):
            return
        state.known = True
        state.labels, state.taints, state.unschedulable, state.allocatable = described
        state.pod_limit = allocatable.get("pods", 0)
        state.static_version = self.position + 1  # never used before, also by a node of that name that is gone
        self._changed(state)

    def remove_node(self, name: str) -> None:
        """A node is gone; pods still on it stay accounted for in case it comes back."""
        state = self._state(name)
        state.known = False
        self._changed(state)
        self._drop_if_empty(state)

    def place(self, key: str, node: str, shape: Shape) -> None:
        """The pod is (or will be) on the node; placing it again is no change."""
        present = self._placed.get(key)
        if present is not None:
            if present == (node, shape):
                return
            self.displace(key)
        self._placed[key] = (node, shape)
        state = self._state(node)
        state.carry(shape, 1)
        self._changed(state)

    def displace(self, key: str) -> None:
        """The pod takes nothing any more."""
        present = self._placed.pop(key, None)
        if present is None:
            return
        state = self._state(present[0])
        state.carry(present[1], -1)
        self._changed(state)
        self._drop_if_empty(state)

    def shapes(self) -> Iterable[Shape]:
        """The shapes of all placed pods."""
        return (shape for _, shape in self._placed.values())

    def _state(self, name: str) -> NodeState:
        state = self._nodes.get(name)
        if state is None:
            state = self._nodes[name] = NodeState(name)
        return state

    def _drop_if_empty(self, state: NodeState) -> None:
        if not state.known and not state.pods:
            self._nodes.pop(state.name, None)

    def _changed(self, state: NodeState) -> None:
        self._journal.append(state.name)
        state.version = self.position
        if len(self._journal) > JOURNAL_MOST:
            half = JOURNAL_MOST // 2
            del self._journal[:half]
            self._journal_start += half
