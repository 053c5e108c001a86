"""How much of which quota an object uses up, under every name that a quota may give it.

Not known here: whether a pod that should be gone by now is still there; it counts until it is deleted.
"""

from typing import Any

from pyk3s.api import quantity
from pyk3s.api.accounting.amounts import Amounts, pod_amounts, read
from pyk3s.api.accounting.counted import Counted

JSON = dict[str, Any]
ONE = quantity.from_int(1)
CLASS_SUFFIX = "storageclass.storage.k8s.io"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
SHORT = frozenset(("configmaps", "secrets", "replicationcontrollers", "resourcequotas"))
_BOTH_NAMES = ("cpu", "memory", "ephemeral-storage")
_FINISHED = ("Succeeded", "Failed")


def used(resource: Counted, obj: JSON) -> Amounts:
    """What an object of a namespaced resource costs."""
    amounts: Amounts = {f"count/{resource.qualified}": ONE}
    if not resource.group:
        if resource.plural in SHORT:
            amounts[resource.plural] = ONE
        elif (measure := _MEASURES.get(resource.plural)) is not None:
            amounts.update(measure(obj))
    return amounts


def _pod(pod: JSON) -> Amounts:
    if (pod.get("status") or {}).get("phase") in _FINISHED:
        return {}
    spec = pod["spec"]
    return {
        "pods": ONE,
        **requested(pod_amounts(spec, "requests", overhead=True)),
        **limited(pod_amounts(spec, "limits", overhead=True)),
    }


def requested(amounts: Amounts) -> Amounts:
    """Requests under the names that quotas know: cpu is also requests.cpu, an extended resource only the latter."""
    found: Amounts = {}
    for name, amount in amounts.items():
        if name in _BOTH_NAMES or name.startswith("hugepages-"):
            found[name] = amount
        elif "/" not in name:
            continue
        found[f"requests.{name}"] = amount
    return found


def limited(amounts: Amounts) -> Amounts:
    """Limits under the names that quotas know."""
    return {f"limits.{name}": amounts[name] for name in _BOTH_NAMES if name in amounts}


def _service(service: JSON) -> Amounts:
    spec = service.get("spec") or {}
    ports, kind, node_ports = spec.get("ports") or [], spec.get("type"), 0
    if kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False):
        node_ports = len(ports)
    elif kind == "LoadBalancer":
        node_ports = sum(1 for port in ports if port.get("nodePort"))
    return {
        "services": ONE,
        "services.loadbalancers": quantity.from_int(int(kind == "LoadBalancer")),
        "services.nodeports": quantity.from_int(node_ports),
    }


def _claim(claim: JSON) -> Amounts:
    amounts: Amounts = {"persistentvolumeclaims": ONE}
    annotations = claim["metadata"].get("annotations") or {}
    class_name = annotations.get(CLASS_ANNOTATION) or claim["spec"].get("storageClassName") or ""
    storage = read((claim["spec"].get("resources") or {}).get("requests")).get("storage")
    if storage is not None:
        amounts["requests.storage"] = storage
    if class_name:
        own = f"{class_name}.{CLASS_SUFFIX}"
        amounts |= {f"{own}/{name}": amount for name, amount in amounts.items()}
    return amounts


_MEASURES = {"pods": _pod, "services": _service, "persistentvolumeclaims": _claim}
