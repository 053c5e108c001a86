"""Where `proxy` sub-resources lead: `[SCHEME:]NAME[:PORT]` of a pod, service or node as an address."""

import random
from typing import Any, NamedTuple

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import kubelets

JSON = dict[str, Any]
SERVICE_LABEL = "kubernetes.io/service-name"


class Destination(NamedTuple):
    """An address; `node` where it is the kubelet of one, to be asked with the API server's own certificate."""

    scheme: str
    host: str
    port: int
    node: str = ""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def find(registry: registries.Registry, call: calls.Call) -> Destination:
    """The destination that a call's path names; raises 400, 404 and 503."""
    scheme, name, port = _split(call.route.name)
    if call.resource.plural == "nodes":
        return _node(registry, name, port)
    if call.resource.plural == "pods":
        return _pod(registry, call.route.namespace, scheme, name, port)
    return of_service(registry, call.route.namespace, scheme, name, port)


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) == 1:
        return "http", parts[0], ""
    if len(parts) == 2:
        return "http", parts[0], parts[1]
    if len(parts) == 3 and parts[0] in ("", "http", "https"):
        return parts[0] or "http", parts[1], parts[2]
    raise status.bad_request(f'invalid proxy request "{text}": it must be [SCHEME:]NAME[:PORT]')


def _node(registry: registries.Registry, name: str, port: str) -> Destination:
    node = registry.read("", "nodes", name)
    if node is None:
        raise status.not_found("", "nodes", name)
    host, own = kubelets.address(node)
    if port and int(port) != own:
        return Destination("http", host, int(port))
    return Destination("https", host, own, node=name)


def _pod(registry: registries.Registry, namespace: str, scheme: str, name: str, port: str) -> Destination:
    pod = kubelets.read_pod(registry, namespace, name)
    address = (pod.get("status") or {}).get("podIP")
    if not address:
        raise status.bad_request("address not allowed")
    if not port:
        ports = [each for container in pod["spec"]["containers"] for each in container.get("ports") or ()]
        return Destination(scheme, address, ports[0]["containerPort"] if ports else 80)
    return Destination(scheme, address, _number(port))


def of_service(registry: registries.Registry, namespace: str, scheme: str, name: str, port: str) -> Destination:
    """A ready endpoint of a service, by port name or number; raises 404 and 503."""
    service = registry.read("", "services", name, namespace=namespace)
    if service is None:
        raise status.not_found("", "services", name)
    wanted = _service_port(service, port)
    if service["spec"].get("type") == "ExternalName":
        return Destination(scheme, service["spec"]["externalName"], wanted["port"])
    choices = [
        (address, each["port"])
        for endpoints in registry.read_all("discovery.k8s.io", "endpointslices", namespace=namespace)
        if (endpoints["metadata"].get("labels") or {}).get(SERVICE_LABEL) == name
        for each in endpoints.get("ports") or ()
        if (each.get("name") or "") == (wanted.get("name") or "") and each.get("port")
        for endpoint in endpoints.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
        for address in endpoint["addresses"]
    ]
    if not choices:
        raise status.StatusError(503, "ServiceUnavailable", f'no endpoints available for service "{name}"')
    host, number = random.choice(choices)
    return Destination(scheme, host, number)


def _service_port(service: JSON, port: str) -> JSON:
    """The port that is meant: by name or number, or the only one."""
    ports = service["spec"].get("ports") or []
    if not port and len(ports) == 1:
        return dict(ports[0])
    for each in ports:
        if port and port in (each.get("name"), str(each["port"])):
            return dict(each)
    name = service["metadata"]["name"]
    raise status.StatusError(503, "ServiceUnavailable", f'no service port "{port}" found for service "{name}"')


def _number(port: str) -> int:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise status.bad_request(f'invalid port "{port}"')
    return int(port)
