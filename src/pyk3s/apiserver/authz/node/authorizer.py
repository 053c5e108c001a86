"""Decides for users `system:node:NAME` in the group system:nodes; has no opinion about everyone else.

A kubelet reads what its pods refer to, writes its own Node, Lease and CSINode, and lists only its own pods. The rest it
may do is the role system:node, which is bound to nobody. NodeRestriction (admission) narrows writes further.
"""

from collections.abc import Callable, Sequence

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz.node import references
from pyk3s.apiserver.authz.rbac import rules
from pyk3s.apiserver.authz.rbac.defaults import components, notation

PREFIX, GROUP = "system:node:", "system:nodes"
LEASES = "kube-node-lease"
READ = frozenset(("get", "list", "watch"))
OWN = frozenset(("create", "delete", "get", "patch", "update"))
Answer = str
"""Why not; empty if it is allowed."""


def node_of(user: identity.User) -> str:
    """The node that a user is the kubelet of, or nothing."""
    return user.name[len(PREFIX) :] if user.name.startswith(PREFIX) and GROUP in user.groups else ""


class NodeAuthorizer:
    """The authoriser of kubelets."""

    def __init__(self, pods: references.PodsOfNodes, role: Sequence[notation.Row] = components.NODES):
        self._pods = pods
        self._role = [rules.compiled(notation.rule(row)) for row in role]
        self._special: dict[tuple[str, str], Callable[[str, identity.Access], Answer]] = {
            ("", "secrets"): self._read_referred,
            ("", "configmaps"): self._read_referred,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get_referred,
            ("", "serviceaccounts"): self._token,
            ("", "nodes"): self._node,
            ("", "pods"): self._pod,
            ("coordination.k8s.io", "leases"): self._lease,
            ("storage.k8s.io", "csinodes"): self._csi_node,
        }

    def decide(self, access: identity.Access) -> identity.Decision:
        node = node_of(access.user)
        if not node:
            return identity.Decision(False)
        special = self._special.get((access.group, access.plural))
        if special is not None:
            why = special(node, access)
            return identity.Decision(not why, why)
        return identity.Decision(any(rule.allows(access) for rule in self._role))

    def _related(self, node: str, access: identity.Access) -> Answer:
        if not access.name:
            return "No Object name found"
        if self._pods.refer_to(node, access.plural, access.namespace, access.name):
            return ""
        return f"no relationship found between node '{node}' and this object"

    def _read_referred(self, node: str, access: identity.Access) -> Answer:
        if access.verb not in READ:
            return "can only read resources of this type"
        if access.subresource:
            return "cannot read subresource"
        if not access.namespace:
            return "can only read namespaced object of this type"
        return self._related(node, access)

    def _get_referred(self, node: str, access: identity.Access) -> Answer:
        if access.verb != "get":
            return "can only get individual resources of this type"
        if access.subresource:
            return "cannot get subresource"
        return self._related(node, access)

    def _claim(self, node: str, access: identity.Access) -> Answer:
        if access.subresource != "status":
            return self._get_referred(node, access)
        if access.verb not in ("get", "patch", "update"):
            return "can only get/update/patch this type"
        return self._related(node, access)

    def _token(self, node: str, access: identity.Access) -> Answer:
        if access.subresource == "token":
            if access.verb != "create" or not access.name:
                return "can only create tokens for individual service accounts"
            return self._related(node, access)
        if access.subresource or access.verb != "get":
            return "can only get individual service accounts"
        return self._related(node, access)

    def _node(self, node: str, access: identity.Access) -> Answer:
        if access.subresource not in ("", "status"):
            return f"cannot access subresource {access.subresource!r} of nodes"
        if access.verb == "create" and not access.subresource:
            return ""
        if access.name == node and access.verb in (*READ, "patch", "update"):
            return ""
        if access.verb in READ:
            return f"node '{node}' cannot read {_shown(access)}, only its own Node object"
        return f"node '{node}' cannot {access.verb} {_shown(access)}, only its own Node object"

    def _pod(self, node: str, access: identity.Access) -> Answer:
        if access.verb in ("list", "watch") and not access.subresource:
            chosen = access.field("spec.nodeName")
            return "" if chosen == node or access.name else "can only list/watch pods with spec.nodeName field selector"
        return "" if any(rule.allows(access) for rule in self._role) else "cannot do this to pods"

    def _lease(self, node: str, access: identity.Access) -> Answer:
        if access.verb not in OWN:
            return "can only get, create, update, patch, or delete a node lease"
        if access.namespace != LEASES:
            return f'can only access leases in the "{LEASES}" system namespace'
        if access.verb != "create" and access.name != node:
            return "can only access node lease with the same name as the requesting node"
        return ""

    def _csi_node(self, node: str, access: identity.Access) -> Answer:
        if access.subresource:
            return "cannot authorize CSINode subresources"
        if access.verb not in OWN:
            return "can only get, create, update, patch, or delete a CSINode"
        if access.verb != "create" and access.name != node:
            return "can only access CSINode with the same name as the requesting node"
        return ""


def _shown(access: identity.Access) -> str:
    return f"'{access.name}'" if access.name else "all nodes"
