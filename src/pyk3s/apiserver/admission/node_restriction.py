"""NodeRestriction: what a kubelet may write. The node authoriser says which objects; this step says what in them.

A kubelet creates only mirror pods of its own node, changes and deletes only pods that run on it, and writes only its
own Node, whose taints, and whose labels in Kubernetes' domains but for a few, stay the administrator's.
"""

from pyk3s.api import catalog, node_labels, status
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.authz.node import authorizer
from pyk3s.apiserver.registry import registry as registries

JSON = chain.JSON
MIRROR = "kubernetes.io/config.mirror"
CONCERNED = frozenset(("pods", "nodes"))


class NodeRestriction(chain.Base):
    """Narrows the writes of kubelets."""

    name = "NodeRestriction"

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return resource.group == "" and resource.plural in CONCERNED and operation != chain.CONNECT

    def validate(self, attributes: chain.Attributes) -> None:
        """Raises 403 for what is not the kubelet's to write."""
        node = authorizer.node_of(attributes.user)
        if not node:
            return
        why = self._pod(node, attributes) if attributes.resource.plural == "pods" else _node(node, attributes)
        if why:
            raise status.forbidden("", attributes.resource.plural, attributes.name, why)

    def _pod(self, node: str, attributes: chain.Attributes) -> str:
        if attributes.operation == chain.CREATE and not attributes.subresource:
            return _mirror(node, attributes.object)
        pod = attributes.old or self._registry.read("", "pods", attributes.name, namespace=attributes.namespace)
        if pod is None or (pod.get("spec") or {}).get("nodeName") == node:
            return ""
        doing = "delete" if attributes.operation == chain.DELETE else "update pod status for"
        doing = "evict" if attributes.subresource == "eviction" else doing
        return f'node "{node}" can only {doing} pods with spec.nodeName set to itself'


def _mirror(node: str, pod: JSON) -> str:
    spec = pod.get("spec") or {}
    if MIRROR not in (pod["metadata"].get("annotations") or {}):
        return f'pod does not have "{MIRROR}" annotation, node "{node}" can only create mirror pods'
    if spec.get("nodeName") != node:
        return f'node "{node}" can only create pods with spec.nodeName set to itself'
    if spec.get("serviceAccountName"):
        return f'node "{node}" can not create pods that reference a service account'
    return ""


def _node(node: str, attributes: chain.Attributes) -> str:
    if attributes.name != node:
        return f'node "{node}" is not allowed to modify node "{attributes.name}"'
    if attributes.operation == chain.DELETE:
        return ""
    old, new = attributes.old or {}, attributes.object
    if attributes.old is not None and _taints(old) != _taints(new):
        return f'node "{node}" is not allowed to modify taints'
    changed = sorted(name for name in _changed_labels(old, new) if not node_labels.kubelet_may_set(name))
    if changed:
        return f"is not allowed to modify labels: {', '.join(changed)}"
    return ""


def _taints(obj: JSON) -> list[JSON]:
    return (obj.get("spec") or {}).get("taints") or []


def _changed_labels(old: JSON, new: JSON) -> set[str]:
    before, after = ((obj.get("metadata") or {}).get("labels") or {} for obj in (old, new))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
