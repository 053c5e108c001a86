"""Who owns whom: one small node per object, whatever its kind. No I/O.

Memory is what limits a cluster's garbage collector, so a node holds names, owners and three marks, nothing else.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyk3s.client import objects, resources

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


class Owner(NamedTuple):
    """One owner reference. `blocks`: the owner's foreground deletion waits for this dependent."""

    uid: str
    api_version: str
    kind: str
    name: str
    blocks: bool


class Node:
    """One object."""

    __slots__ = ("deleting", "foreground", "name", "namespace", "orphaning", "owners", "ref", "uid")

    def __init__(self, ref: resources.ResourceRef, metadata: objects.Metadata):
        self.ref, self.uid = ref, metadata.uid
        self.namespace, self.name = metadata.namespace, metadata.name
        self.owners = tuple(
            Owner(each.uid, each.api_version, each.kind, each.name, each.block_owner_deletion)
            for each in metadata.owner_references
        )
        self.deleting = metadata.deletion_timestamp is not None
        self.foreground = self.deleting and FOREGROUND in metadata.finalizers
        self.orphaning = self.deleting and ORPHAN in metadata.finalizers

    @property
    def path(self) -> str:
        return self.ref.path(self.namespace, self.name)

    def blocks(self, owner_uid: str) -> bool:
        return any(each.uid == owner_uid and each.blocks for each in self.owners)


class Graph:
    """All objects by uid, and the dependents of each owner, known or not."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, uid: str) -> Node | None:
        return self._nodes.get(uid)

    def dependents(self, uid: str) -> list[Node]:
        return [self._nodes[each] for each in self._dependents.get(uid, ())]

    def has_dependents(self, uid: str) -> bool:
        return uid in self._dependents

    def put(self, node: Node) -> None:
        """Add or replace a node."""
        old = self._nodes.get(node.uid)
        if old is not None and old.owners != node.owners:
            self._unlink(old)
        self._nodes[node.uid] = node
        for owner in node.owners:
            self._dependents.setdefault(owner.uid, {})[node.uid] = None

    def remove(self, uid: str) -> Node | None:
        """Take a node out; its dependents stay and keep pointing at it."""
        node = self._nodes.pop(uid, None)
        if node is not None:
            self._unlink(node)
        return node

    def of_resource(self, ref: resources.ResourceRef) -> Iterable[Node]:
        return [node for node in self._nodes.values() if node.ref == ref]

    def _unlink(self, node: Node) -> None:
        for owner in node.owners:
            known = self._dependents.get(owner.uid, {})
            known.pop(node.uid, None)
            if not known:
                self._dependents.pop(owner.uid, None)


def settled(node: Node, graph: Graph) -> bool:
    """Nothing to do for the node, as far as the graph alone can tell: all owners are there and stay."""
    for owner in node.owners:
        present = graph.get(owner.uid)
        if present is None or present.foreground or (present.namespace and present.namespace != node.namespace):
            return False
    return True


def blocking(node: Node, graph: Graph) -> list[Node]:
    """The dependents for which a foreground deletion of the node still waits."""
    return [each for each in graph.dependents(node.uid) if each.blocks(node.uid)]
