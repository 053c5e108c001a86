"""What the cluster's names mean, as pure look-ups (Kubernetes DNS-based service discovery, version 1.1.0).

    service.namespace.svc.DOMAIN              cluster addresses; of a headless service its ready endpoints
    host.service.namespace.svc.DOMAIN         one endpoint of a headless service, by hostname or dashed address
    _port._protocol.service.namespace.svc...  SRV
    1-2-3-4.namespace.pod.DOMAIN              the address in the name
    dns-version.DOMAIN                        TXT

Names that are above others exist without records (NODATA); all else in the domain does not exist (NXDOMAIN).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from pyk3s.dns.objects import Endpoint, EndpointSlice, Service

VERSION = "1.1.0"
Address = IPv4Address | IPv6Address


class Target(NamedTuple):
    """Where an SRV record points: port and the full name of the host."""

    port: int
    host: str


@dataclass(frozen=True)
class Found:
    """What is known of a name. A name without any of these exists all the same (NODATA)."""

    addresses: tuple[Address, ...] = ()
    alias: str = ""
    targets: tuple[Target, ...] = ()
    text: str = ""


class Zone:
    """Answers for one cluster domain out of functions that look up live objects."""

    def __init__(
        self,
        domain: str,
        *,
        service: Callable[[str], Service | None],
        slices: Callable[[str], Sequence[EndpointSlice]],
        has_namespace: Callable[[str], bool],
        services_at: Callable[[str], Sequence[Service]],
        slices_at: Callable[[str], Sequence[EndpointSlice]],
    ):
        self.domain = domain.lower().strip(".")
        self._labels = tuple(self.domain.split("."))
        self._service, self._slices, self._has_namespace = service, slices, has_namespace
        self._services_at, self._slices_at = services_at, slices_at

    def owns(self, labels: Sequence[str]) -> bool:
        """Whether a name, as lower-case labels, lies in the cluster domain."""
        return tuple(labels[-len(self._labels) :]) == self._labels

    def look_up(self, labels: Sequence[str]) -> Found | None:
        """What a name of the domain means; None if it does not exist."""
        match labels[: -len(self._labels)]:
            case [] | ["svc"] | ["pod"]:
                return Found()
            case ["dns-version"]:
                return Found(text=VERSION)
            case [namespace, "svc" | "pod"]:
                return Found() if self._has_namespace(namespace) else None
            case [dashed, namespace, "pod"]:
                return self._pod(dashed, namespace)
            case [name, namespace, "svc"]:
                return self._of_service(f"{namespace}/{name}")
            case [port, protocol, name, namespace, "svc"] if port.startswith("_") and protocol.startswith("_"):
                return self._of_port(f"{namespace}/{name}", port[1:], protocol[1:])
            case [protocol, name, namespace, "svc"] if protocol.startswith("_"):
                return Found() if self._service(f"{namespace}/{name}") else None
            case [host, name, namespace, "svc"]:
                return self._of_endpoint(f"{namespace}/{name}", host)
        return None

    def reverse(self, address: str) -> tuple[str, ...]:
        """The names of an address of a service, or of an endpoint of a headless one."""
        names = [self._name(service.metadata.key) for service in self._services_at(address) if not service.headless]
        for each in self._slices_at(address):
            service = self._service(each.metadata.service)
            if service is not None and service.headless:
                names += [
                    f"{host_of(endpoint)}.{self._name(each.metadata.service)}"
                    for endpoint in each.endpoints or ()
                    if address in endpoint.addresses
                ]
        return tuple(dict.fromkeys(names))

    def _pod(self, dashed: str, namespace: str) -> Found | None:
        if not self._has_namespace(namespace):
            return None
        address = _undashed(dashed)
        return Found((address,)) if address else None

    def _of_service(self, key: str) -> Found | None:
        service = self._service(key)
        if service is None:
            return None
        if service.spec.type == "ExternalName":
            return Found(alias=service.spec.external_name.strip("."))
        if not service.headless:
            addresses = tuple(ip_address(text) for text in service.spec.cluster_ips)
            return Found(addresses, targets=tuple(Target(port.port, self._name(key)) for port in service.spec.ports))
        pairs = list(self._endpoints(key))
        addresses = tuple(dict.fromkeys(ip_address(text) for endpoint, _ in pairs for text in endpoint.addresses))
        return Found(addresses, targets=self._headless_targets(key, None, None)) if addresses else None

    def _of_port(self, key: str, port: str, protocol: str) -> Found | None:
        service = self._service(key)
        if service is None:
            return None
        if service.headless:
            targets = self._headless_targets(key, port, protocol)
        else:
            targets = tuple(
                Target(each.port, self._name(key))
                for each in service.spec.ports
                if each.name == port and each.protocol.lower() == protocol
            )
        return Found(targets=targets) if targets else None

    def _of_endpoint(self, key: str, host: str) -> Found | None:
        service = self._service(key)
        if service is None or not service.headless:
            return None
        named = [endpoint for endpoint, _ in self._endpoints(key) if host_of(endpoint) == host]
        addresses = tuple(dict.fromkeys(ip_address(text) for endpoint in named for text in endpoint.addresses))
        return Found(addresses) if addresses else None

    def _headless_targets(self, key: str, port: str | None, protocol: str | None) -> tuple[Target, ...]:
        return tuple(
            dict.fromkeys(
                Target(each.port, f"{host_of(endpoint)}.{self._name(key)}")
                for endpoint, piece in self._endpoints(key)
                for each in piece.ports or ()
                if each.port and port in (None, each.name) and protocol in (None, each.protocol.lower())
            )
        )

    def _endpoints(self, key: str) -> Iterator[tuple[Endpoint, EndpointSlice]]:
        """The ready ones; an unset condition counts as ready."""
        for piece in self._slices(key):
            for endpoint in piece.endpoints or ():
                if endpoint.conditions.ready is not False:
                    yield endpoint, piece

    def _name(self, key: str) -> str:
        namespace, _, name = key.partition("/")
        return f"{name}.{namespace}.svc.{self.domain}"


def host_of(endpoint: Endpoint) -> str:
    """The label of an endpoint below its service: its hostname, else its address with dashes."""
    return endpoint.hostname or endpoint.addresses[0].replace(".", "-").replace(":", "-")


def _undashed(dashed: str) -> Address | None:
    for text in (dashed.replace("-", "."), dashed.replace("-", ":")):
        try:
            return ip_address(text)
        except ValueError:
            continue
    return None
