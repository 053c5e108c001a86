"""Which pods stand behind a Service, at which ports, in which state. Pure."""

from collections.abc import Iterable

from pyk3s.controllers import pods
from pyk3s.controllers.endpoints.objects import (
    Address,
    Conditions,
    Endpoint,
    Port,
    Service,
    ServicePort,
    Subset,
    Target,
)
from pyk3s.controllers.objects import Container, Pod

ADDRESSES_MOST = 1000  # in one Endpoints object; more are left out and the object says so
Ports = tuple[Port, ...]


def families(service: Service) -> list[str]:
    """The address types that a service needs slices for."""
    return service.spec.ip_families or ["IPv4"]


def address(pod: Pod, family: str) -> str | None:
    """The pod's address of that family."""
    return next((each.ip for each in pod.status.pod_ips if each.ip and (":" in each.ip) == (family == "IPv6")), None)


def resolved_ports(service: Service, pod: Pod) -> Ports:
    """The service's ports as this pod serves them; a named port that the pod lacks is left out."""
    found = []
    for each in service.spec.ports:
        number = _number(each, pod)
        if number:
            found.append(Port(each.name, number, each.protocol, each.app_protocol))
    return tuple(sorted(found, key=lambda port: (port.name, port.port, port.protocol)))


def _number(port: ServicePort, pod: Pod) -> int | None:
    target = port.target_port
    if isinstance(target, int):
        return target or port.port
    if target.isdigit():
        return int(target)
    sidecars = [each for each in pod.spec.init_containers if each.restart_policy == "Always"]
    return _named(target, port.protocol, [*pod.spec.containers, *sidecars])


def _named(name: str, protocol: str, containers: Iterable[Container]) -> int | None:
    return next(
        (
            port.container_port
            for container in containers
            for port in container.ports
            if port.name == name and port.protocol == protocol
        ),
        None,
    )


def endpoint(service: Service, pod: Pod, family: str, zone: str | None) -> Endpoint | None:
    """The pod as an endpoint of a slice; None while it has no address, or when it has finished."""
    ip = address(pod, family)
    if ip is None or pods.is_finished(pod):
        return None
    serving = pods.is_ready(pod)
    terminating = pod.metadata.deletion_timestamp is not None
    ready = service.spec.publish_not_ready_addresses or (serving and not terminating)
    return Endpoint(
        addresses=[ip],
        conditions=Conditions(ready, serving, terminating),
        hostname=_hostname(service, pod),
        target_ref=_target(pod),
        node_name=pod.spec.node_name or None,
        zone=zone,
    )


def subsets(service: Service, found: Iterable[Pod]) -> tuple[list[Subset], bool]:
    """The same pods as subsets of an Endpoints object, and whether some had to be left out."""
    family = families(service)[0]
    publish = service.spec.publish_not_ready_addresses
    grouped: dict[Ports, Subset] = {}
    listed = sorted(found, key=lambda pod: address(pod, family) or "")
    usable = [
        pod
        for pod in listed
        if address(pod, family) and not pods.is_finished(pod) and (publish or pod.metadata.deletion_timestamp is None)
    ]
    for pod in usable[:ADDRESSES_MOST]:
        ports = resolved_ports(service, pod)
        if not ports and service.spec.ports:
            continue
        subset = grouped.setdefault(ports, Subset(addresses=[], not_ready_addresses=[], ports=list(ports)))
        entry = Address(
            ip=address(pod, family) or "",
            hostname=_hostname(service, pod),
            node_name=pod.spec.node_name or None,
            target_ref=_target(pod),
        )
        (subset.addresses if publish or pods.is_ready(pod) else subset.not_ready_addresses).append(entry)
    return list(grouped.values()), len(usable) > ADDRESSES_MOST


def _hostname(service: Service, pod: Pod) -> str | None:
    """Pods that name this service as their subdomain get a DNS name of their own under it."""
    named = pod.spec.hostname and pod.spec.subdomain == service.metadata.name
    return pod.spec.hostname if named else None


def _target(pod: Pod) -> Target:
    return Target("Pod", pod.metadata.namespace, pod.metadata.name, pod.metadata.uid)
