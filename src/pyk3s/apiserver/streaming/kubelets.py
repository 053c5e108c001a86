"""Finds the kubelet of a pod or node, and asks it with the API server's client certificate: through the tunnel that the
node holds open where it has one, else at its address. Either way the certificate must be that of the node's name, so
that nobody gains by taking over an address.

Connections are not kept: logs and commands are rare, and a node may come back with another address or certificate.
"""

import functools
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver.registry import registry as registries
from pyk3s.wire import duplex
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
PORT = 10250
PREFERRED = ("InternalIP", "Hostname", "InternalDNS", "ExternalIP", "ExternalDNS")
Dial = Callable[[str], Awaitable[socket.socket | None]]
"""A socket that leads to the kubelet of a node, None where there is no such way."""
_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 500: "InternalError"}


class Kubelets:
    """Makes clients of kubelets. Without `ssl_context` they speak plain HTTP, for tests; `dial` are the tunnels."""

    def __init__(self, ssl_context: ssl.SSLContext | None, dial: Dial | None = None):
        self._ssl, self._dial = ssl_context, dial

    def of_pod(self, registry: registries.Registry, pod: JSON) -> http.HttpClient:
        """The kubelet that runs a pod; raises 400 where it has no node yet."""
        name = pod["metadata"]["name"]
        node = pod["spec"].get("nodeName")
        if not node:
            raise status.bad_request(f"pod {name} does not have a host assigned")
        return self.of_node(registry, node)

    def of_node(self, registry: registries.Registry, name: str) -> http.HttpClient:
        """The kubelet of a node; raises 404 and 500."""
        node = registry.read("", "nodes", name)
        if node is None:
            raise status.not_found("", "nodes", name)
        host, port = address(node)
        shown = f"[{host}]" if ":" in host else host
        dial = functools.partial(self._dial, name) if self._dial else None
        scheme = "https" if self._ssl else "http"
        return http.HttpClient(f"{scheme}://{shown}:{port}", self._ssl, server_hostname=name, dial=dial)


def address(node: JSON) -> tuple[str, int]:
    """Host and port of a node's kubelet, from its status; raises 500 where it has no address."""
    state = node.get("status") or {}
    by_type: dict[str, str] = {}
    for each in state.get("addresses") or ():
        by_type.setdefault(each["type"], each["address"])
    for kind in PREFERRED:
        if host := by_type.get(kind):
            endpoint = (state.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}
            return host, endpoint.get("Port") or PORT
    raise status.internal(f"no preferred addresses found; known addresses: {state.get('addresses') or []}")


async def upgraded(client: http.HttpClient, method: str, target: str, headers: http.SentHeaders) -> duplex.Duplex:
    """Switch a kubelet's connection to another protocol; raises its refusal as StatusError, and closes the client."""
    try:
        return await client.upgrade(method, target, headers=headers)
    except http.UpgradeRefused as refusal:
        await client.close()
        raise refused(refusal.answer.status, refusal.answer.body) from refusal
    except (OSError, TimeoutError) as error:
        raise unreachable(error) from error


def refused(code: int, body: bytes) -> status.StatusError:
    """What a kubelet answered instead, in its own words."""
    code = code if code >= 400 else 500
    return status.StatusError(code, _REASONS.get(code, ""), body.decode(errors="replace").strip())


def unreachable(error: Exception) -> status.StatusError:
    return status.StatusError(500, "InternalError", f"error dialing backend: {error or type(error).__name__}")


def pick_container(pod: JSON, name: str) -> str:
    """The container that is meant: the named one, the default one or the only one; raises 400."""
    spec, metadata = pod["spec"], pod["metadata"]
    lists = ("containers", "initContainers", "ephemeralContainers")
    known = [each["name"] for kind in lists for each in spec.get(kind) or ()]
    if name:
        if name not in known:
            raise status.bad_request(f"container {name} is not valid for pod {metadata['name']}")
        return name
    default = (metadata.get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
    if default in known:
        return str(default)
    names = [each["name"] for each in spec["containers"]]
    if len(names) == 1:
        return str(names[0])
    message = f"a container name must be specified for pod {metadata['name']}, choose one of: [{' '.join(names)}]"
    others = [each["name"] for each in spec.get("initContainers") or ()]
    raise status.bad_request(message + (f" or one of the init containers: [{' '.join(others)}]" if others else ""))


def read_pod(registry: registries.Registry, namespace: str, name: str) -> JSON:
    """The pod; raises 404."""
    pod = registry.read("", "pods", name, namespace=namespace)
    if pod is None:
        raise status.not_found("", "pods", name)
    return pod
