"""Marks the nodes of servers as control plane. Their kubelets may not: no kubelet may say that of itself."""

from pyk3s.client import errors, resources
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.objects import Node

LABELS = {"node-role.kubernetes.io/control-plane": "true"}


class Controller(KindController[Node]):
    """Sets the role's label whenever a server's node lacks it."""

    name = "node-role-controller"

    def __init__(self, context: Context):
        self._names = context.settings.control_plane_nodes
        super().__init__(context, context.nodes)

    def _is_due(self, node: Node) -> bool:
        return node.metadata.name in self._names and not LABELS.items() <= node.metadata.labels.items()

    async def _act(self, node: Node) -> None:
        with errors.gone_is_fine():
            await self._client.patch(resources.NODES.path_of(node.metadata.key), {"metadata": {"labels": LABELS}})
