"""The objects that every cluster has, as values."""

import ipaddress
from typing import Any

JSON = dict[str, Any]
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def first_address(cidr: str) -> str:
    """The address of the `kubernetes` Service: the first of the range."""
    return str(ipaddress.ip_network(cidr)[1])


def namespaces() -> list[JSON]:
    return [_named("v1", "Namespace", name) for name in NAMESPACES]


def service_cidr(cidr: str) -> JSON:
    return {**_named("networking.k8s.io/v1", "ServiceCIDR", "kubernetes"), "spec": {"cidrs": [cidr]}}


def priority_classes() -> list[JSON]:
    described = (
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, "
            "but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    )
    return [
        {
            **_named("scheduling.k8s.io/v1", "PriorityClass", name),
            "value": value,
            "description": description,
            "preemptionPolicy": "PreemptLowerPriority",
        }
        for name, value, description in described
    ]


def kubernetes_service(cidr: str, port: int) -> JSON:
    made = _named("v1", "Service", "kubernetes", namespace="default")
    made["metadata"]["labels"] = {"component": "apiserver", "provider": "kubernetes"}
    made["spec"] = {
        "clusterIP": first_address(cidr),
        "type": "ClusterIP",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
    }
    return made


def kubernetes_endpoints(address: str, port: int) -> JSON:
    made = _named("v1", "Endpoints", "kubernetes", namespace="default")
    made["metadata"]["labels"] = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    made["subsets"] = [{"addresses": [{"ip": address}], "ports": [{"name": "https", "port": port, "protocol": "TCP"}]}]
    return made


def kubernetes_endpoint_slice(address: str, port: int) -> JSON:
    made = _named("discovery.k8s.io/v1", "EndpointSlice", "kubernetes", namespace="default")
    made["metadata"]["labels"] = {"kubernetes.io/service-name": "kubernetes"}
    made["addressType"] = f"IPv{ipaddress.ip_address(address).version}"
    made["endpoints"] = [{"addresses": [address], "conditions": {"ready": True}}]
    made["ports"] = [{"name": "https", "port": port, "protocol": "TCP"}]
    return made


def authentication_config(client_ca: str, request_header_ca: str, proxy_name: str) -> JSON:
    """How aggregated API servers recognise the users of this one, and this one when it speaks for them."""
    made = _named("v1", "ConfigMap", "extension-apiserver-authentication", namespace="kube-system")
    made["data"] = {"client-ca-file": client_ca}
    if request_header_ca:
        made["data"] |= {
            "requestheader-client-ca-file": request_header_ca,
            "requestheader-allowed-names": f'["{proxy_name}"]',
            "requestheader-username-headers": '["X-Remote-User"]',
            "requestheader-uid-headers": '["X-Remote-Uid"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        }
    return made


def _named(api_version: str, kind: str, name: str, *, namespace: str = "") -> JSON:
    metadata: JSON = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
