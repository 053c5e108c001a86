"""Which endpoints answer for a port of a Service: pure selection over its EndpointSlices.

Ready endpoints answer. Where none is ready, endpoints that terminate but still serve do (KEP-1669), so that a rolling
update of a single replica loses nothing. A port without endpoints at all rejects.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pyk3s.proxy.objects import Endpoint, EndpointSlice


class Backend(NamedTuple):
    """One address to send to, and the node it is on."""

    address: str
    port: int
    node: str


def backends(slices: Iterable[EndpointSlice], port_name: str, protocol: str, family: str) -> tuple[Backend, ...]:
    """The backends of one port in one address family (`IPv4`, `IPv6`), sorted, each once."""
    ready: set[Backend] = set()
    serving: set[Backend] = set()
    for each in slices:
        if each.address_type != family:
            continue
        numbers = [
            port.port
            for port in each.ports or ()
            if port.name == port_name and port.protocol == protocol and port.port is not None
        ]
        for number in numbers:
            for endpoint in each.endpoints or ():
                if not endpoint.addresses:
                    continue
                backend = Backend(endpoint.addresses[0], number, endpoint.node_name)
                if is_ready(endpoint):
                    ready.add(backend)
                elif _still_serves(endpoint):
                    serving.add(backend)
    return tuple(sorted(ready or serving))


def is_ready(endpoint: Endpoint) -> bool:
    """An unset condition counts as true (discovery.k8s.io/v1)."""
    return endpoint.conditions.ready is not False


def _still_serves(endpoint: Endpoint) -> bool:
    conditions = endpoint.conditions
    return bool(conditions.terminating) and conditions.serving is not False


def local(chosen: Iterable[Backend], node: str) -> tuple[Backend, ...]:
    """Those on this node."""
    return tuple(backend for backend in chosen if backend.node == node)
