"""Marks the nodes of servers as control plane. Their kubelets may not: no kubelet may say that of itself."""

from pyk3s.client import resources
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Node

LABELS = {"node-role.kubernetes.io/control-plane": "true"}


class Controller:
    """Sets the role's label whenever a server's node lacks it."""

    name = "node-role-controller"

    def __init__(self, context: Context):
        self._client, self._nodes = context.client, context.nodes
        self._names = context.settings.control_plane_nodes
        self._reconciler = Reconciler(self.name, self._reconcile, workers=1)
        self._nodes.on_change(self._node_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if new is not None and new.metadata.name in self._names and not _is_marked(new):
            self._reconciler.add(new.metadata.name)

    async def _reconcile(self, name: str) -> None:
        node = self._nodes.get(name)
        if node is None or _is_marked(node):
            return
        try:
            await self._client.patch(resources.NODES.path(name=name), {"metadata": {"labels": LABELS}})
        except ApiError as error:
            if not error.not_found:
                raise


def _is_marked(node: Node) -> bool:
    return LABELS.items() <= node.metadata.labels.items()
