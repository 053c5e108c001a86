"""Defaults of the core group."""

import base64
from typing import Any

from pyk3s.api import quantity
from pyk3s.api.defaulting import pods

JSON = dict[str, Any]

CLIENT_IP_SECONDS = 10800
NAME_LABEL = "kubernetes.io/metadata.name"


def pod(obj: JSON) -> None:
    """A pod: besides what its spec gets anywhere, requests follow limits and host ports follow the host network."""
    spec = obj["spec"]
    pods.spec(spec)
    spec.setdefault("enableServiceLinks", True)
    containers = [*(spec["containers"] or ()), *spec.get("initContainers", ())]
    for container in containers:
        _requests_from_limits(container["resources"])
    if spec.get("hostNetwork"):
        for container in containers:
            for port in container.get("ports", ()):
                port.setdefault("hostPort", port["containerPort"])
    if "resources" in spec:
        _pod_requests(spec["resources"], spec)


def _requests_from_limits(resources: JSON) -> None:
    limits = resources.get("limits")
    if limits:
        requests = resources.setdefault("requests", {})
        for name, amount in limits.items():
            requests.setdefault(name, amount)


def _pod_requests(resources: JSON, spec: JSON) -> None:
    """Requests of the pod as a whole: what its containers request together, else its own limits."""
    limits = resources.get("limits")
    if not limits:
        return
    summed = _summed_requests(spec)
    requests = resources.setdefault("requests", {})
    for name, amount in limits.items():
        if name not in requests and (name in ("cpu", "memory") or name.startswith("hugepages-")):
            shared = summed.get(name) if not name.startswith("hugepages-") else None
            requests[name] = str(shared) if shared else amount
    if not requests:
        del resources["requests"]


def _summed_requests(spec: JSON) -> dict[str, quantity.Quantity]:
    """What a pod needs by its containers: the larger of all that run together and of each step of initialisation."""
    running: dict[str, quantity.Quantity] = {}
    for container in spec["containers"] or ():
        _add(running, _requests(container))
    sidecars: dict[str, quantity.Quantity] = {}
    largest: dict[str, quantity.Quantity] = {}
    for container in spec.get("initContainers", ()):
        needed = dict(sidecars)
        _add(needed, _requests(container))
        if container.get("restartPolicy") == "Always":
            sidecars = needed
        for name, amount in needed.items():
            largest[name] = max(amount, largest.get(name, quantity.ZERO))
    _add(running, sidecars)
    return {name: max(running.get(name, quantity.ZERO), largest.get(name, quantity.ZERO)) for name in running | largest}


def _requests(container: JSON) -> dict[str, quantity.Quantity]:
    return {name: quantity.of(amount) for name, amount in container["resources"].get("requests", {}).items()}


def _add(total: dict[str, quantity.Quantity], more: dict[str, quantity.Quantity]) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def service(obj: JSON) -> None:
    spec = obj["spec"]
    kind = spec.setdefault("type", "ClusterIP")
    if spec.setdefault("sessionAffinity", "None") == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        affinity = spec.setdefault("sessionAffinityConfig", {})
        affinity.setdefault("clientIP", {}).setdefault("timeoutSeconds", CLIENT_IP_SECONDS)
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port["port"]
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for ingress in obj["status"]["loadBalancer"].get("ingress", ()):
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def secret(obj: JSON) -> None:
    """Besides its type: what came as text in stringData moves into data, over what is there."""
    obj.setdefault("type", "Opaque")
    texts = obj.pop("stringData", None)
    if texts:
        data = obj.setdefault("data", {})
        data.update((key, base64.b64encode(text.encode()).decode()) for key, text in texts.items())


def claim(obj: JSON) -> None:
    pods.claim_spec(obj["spec"])
    obj["status"].setdefault("phase", "Pending")


def persistent_volume(obj: JSON) -> None:
    spec = obj["spec"]
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    pods.persistent_source(spec)
    obj["status"].setdefault("phase", "Pending")


def namespace(obj: JSON) -> None:
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {})[NAME_LABEL] = name
    obj["status"].setdefault("phase", "Active")


def endpoints(obj: JSON) -> None:
    for subset in obj.get("subsets", ()):
        for port in subset.get("ports", ()):
            port.setdefault("protocol", "TCP")


def node(obj: JSON) -> None:
    status = obj["status"]
    if "capacity" in status and "allocatable" not in status:
        status["allocatable"] = dict(status["capacity"])


def limit_range(obj: JSON) -> None:
    for item in obj["spec"].get("limits") or ():
        if item.get("type") == "Container":
            _fill(item, "default", item.get("max"))
            _fill(item, "defaultRequest", item.get("default"))
            _fill(item, "defaultRequest", item.get("min"))


def _fill(item: JSON, name: str, source: JSON | None) -> None:
    if source:
        item[name] = {**source, **item.get(name, {})}


def replication_controller(obj: JSON) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    pod_template = spec.get("template")
    if pod_template is not None:
        pods.template(pod_template)
        labels = pod_template["metadata"].get("labels")
        if labels:
            spec.setdefault("selector", dict(labels))
            obj["metadata"].setdefault("labels", dict(labels))


def pod_template(obj: JSON) -> None:
    pods.template(obj["template"])


DEFAULTS = {
    "Endpoints": endpoints,
    "LimitRange": limit_range,
    "Namespace": namespace,
    "Node": node,
    "PersistentVolume": persistent_volume,
    "PersistentVolumeClaim": claim,
    "Pod": pod,
    "PodTemplate": pod_template,
    "ReplicationController": replication_controller,
    "Secret": secret,
    "Service": service,
}
