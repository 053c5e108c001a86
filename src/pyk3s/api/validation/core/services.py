"""Rules of Services. Which addresses and node ports are free is for the allocators to say, not for validation."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, metadata
from pyk3s.api.validation.checks import Errors, Object

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
AFFINITIES = ("ClientIP", "None")
FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
TRAFFIC_POLICIES = ("Cluster", "Local")
DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
KUBELET_PORT = 10250
MOST_AFFINITY_S = 86400
SOURCE_RANGES = "spec.LoadBalancerSourceRanges"  # spelt so in messages
ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"
NOT_EXTERNAL_NAME = "may not be set for ExternalName services"


def create(service: Object, errors: Errors) -> None:
    spec = service.get("spec") or {}
    kind, ports = spec.get("type"), spec.get("ports") or []
    headless = spec.get("clusterIP") == "None" or (spec.get("clusterIPs") or [None])[0] == "None"
    if not ports and not headless and kind != "ExternalName":
        errors.append(fields.required("spec.ports"))
    _by_type(spec, headless, errors)
    _ports(ports, errors)
    if selector := spec.get("selector"):
        metadata.labels(selector, "spec.selector", errors)
    _affinity(spec, errors)
    _addresses(spec, errors)
    checks.required_one_of(errors, kind, "spec.type", TYPES)
    _node_ports(kind, ports, errors)
    _load_balancer(spec, errors)
    _traffic(spec, errors)


def _by_type(spec: Object, headless: bool, errors: Errors) -> None:
    kind = spec.get("type")
    if kind == "ExternalName":
        _external_name(spec, errors)
    if kind == "LoadBalancer":
        for index, port in enumerate(spec.get("ports") or ()):
            if port.get("port") == KUBELET_PORT:
                detail = f"may not expose port {KUBELET_PORT} externally since it is used by kubelet"
                errors.append(fields.invalid(f"spec.ports[{index}]", KUBELET_PORT, detail))
    if kind in ("LoadBalancer", "NodePort") and headless:
        errors.append(fields.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))


def _external_name(spec: Object, errors: Errors) -> None:
    for key in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(key):
            errors.append(fields.forbidden(f"spec.{key}", NOT_EXTERNAL_NAME))
    name = spec.get("externalName", "").removesuffix(".")
    checks.required_text(errors, names.subdomain, name, "spec.externalName")


def _ports(ports: list[Object], errors: Errors) -> None:
    seen_names: set[str] = set()
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        _port(port, len(ports) > 1, seen_names, path, errors)
    for index, port in enumerate(ports):
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in seen:
            shown = internals.view({"protocol": key[0], "port": key[1]}, internals.SERVICE_PORT)
            errors.append(fields.duplicate(f"spec.ports[{index}]", shown))
        seen.add(key)


def _port(port: Object, named: bool, seen_names: set[str], path: str, errors: Errors) -> None:
    name = port.get("name", "")
    if name:
        checks.text(errors, names.label, name, f"{path}.name")
        if name in seen_names:
            errors.append(fields.duplicate(f"{path}.name", name))
        seen_names.add(name)
    elif named:
        errors.append(fields.required(f"{path}.name"))
    checks.port_number(errors, port.get("port", 0), f"{path}.port")
    checks.required_one_of(errors, port.get("protocol"), f"{path}.protocol", PROTOCOLS)
    checks.port_or_name(errors, port.get("targetPort", 0), f"{path}.targetPort")
    if protocol := port.get("appProtocol"):
        checks.text(errors, names.qualified_name, protocol, f"{path}.appProtocol")


def _affinity(spec: Object, errors: Errors) -> None:
    affinity, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    checks.required_one_of(errors, affinity, "spec.sessionAffinity", AFFINITIES)
    if affinity == "None" and config is not None:
        detail = "must not be set when session affinity is None"
        errors.append(fields.forbidden("spec.sessionAffinityConfig", detail))
    if affinity == "ClientIP":
        seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
        path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        if seconds is None:
            errors.append(fields.required(path, "must be specified when session affinity is ClientIP"))
        elif not 0 < seconds <= MOST_AFFINITY_S:
            detail = f"must be greater than 0 and less than {MOST_AFFINITY_S}"
            errors.append(fields.invalid(path, seconds, detail))


def _addresses(spec: Object, errors: Errors) -> None:
    if spec.get("type") != "ExternalName":
        _cluster_addresses(spec, errors)
        _families(spec, errors)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        path = f"spec.externalIPs[{index}]"
        checks.valid_ip(errors, address, path)
        checks.ordinary_ip(errors, address, path)


def _cluster_addresses(spec: Object, errors: Errors) -> None:
    first, addresses = spec.get("clusterIP", ""), spec.get("clusterIPs") or []
    path = "spec.clusterIPs"
    if not first and addresses:
        errors.append(fields.invalid(path, addresses, "must be empty when `clusterIP` is not specified"))
    elif first and addresses and addresses[0] != first:
        errors.append(fields.invalid(path, addresses, "first value must match `clusterIP`"))
    if "None" in addresses and len(addresses) > 1:
        errors.append(fields.invalid(path, addresses, "'None' must be the first and only value"))
        return
    for index, address in enumerate(addresses):
        if address != "None":
            checks.valid_ip(errors, address, f"{path}[{index}]")
    if len(addresses) > 2:
        errors.append(fields.invalid(path, addresses, "may only hold up to 2 values"))
    known = [checks.ip(address) for address in addresses]
    if len(known) == 2 and all(known) and known[0].version == known[1].version:  # type: ignore[union-attr]
        detail = "may specify no more than one IP for each IP family"
        errors.append(fields.invalid(path, addresses, detail))


def _families(spec: Object, errors: Errors) -> None:
    families = spec.get("ipFamilies") or []
    for index, family in enumerate(families):
        checks.one_of(errors, family, f"spec.ipFamilies[{index}]", FAMILIES)
    checks.unique(errors, families, lambda index: f"spec.ipFamilies[{index}]")
    if (policy := spec.get("ipFamilyPolicy")) is not None:
        checks.one_of(errors, policy, "spec.ipFamilyPolicy", FAMILY_POLICIES)
    for index, (address, family) in enumerate(zip(spec.get("clusterIPs") or (), families, strict=False)):
        known = checks.ip(address)
        if known is not None and f"IPv{known.version}" != family and family in FAMILIES:
            detail = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            errors.append(fields.invalid(f"spec.clusterIPs[{index}]", address, detail))


def _node_ports(kind: str | None, ports: list[Object], errors: Errors) -> None:
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}].nodePort"
        if not (number := port.get("nodePort")):
            continue
        if kind == "ClusterIP":
            errors.append(fields.forbidden(path, "may not be used when `type` is 'ClusterIP'"))
        key = (port.get("protocol", ""), number)
        if key in seen:
            errors.append(fields.duplicate(path, number))
        seen.add(key)


def _load_balancer(spec: Object, errors: Errors) -> None:
    balanced = spec.get("type") == "LoadBalancer"
    if ranges := spec.get("loadBalancerSourceRanges"):
        if not balanced:
            errors.append(fields.forbidden(SOURCE_RANGES, ONLY_LOAD_BALANCER))
        for index, network in enumerate(ranges):
            checks.valid_cidr(errors, network.strip(), f"{SOURCE_RANGES}[{index}]")
    allocate, named_class = spec.get("allocateLoadBalancerNodePorts"), spec.get("loadBalancerClass")
    if balanced and allocate is None:
        errors.append(fields.required("spec.allocateLoadBalancerNodePorts"))
    if not balanced and allocate is not None:
        errors.append(fields.forbidden("spec.allocateLoadBalancerNodePorts", ONLY_LOAD_BALANCER))
    if named_class is not None:
        if not balanced:
            errors.append(fields.forbidden("spec.loadBalancerClass", ONLY_LOAD_BALANCER))
        checks.text(errors, names.qualified_name, named_class, "spec.loadBalancerClass")


def _traffic(spec: Object, errors: Errors) -> None:
    kind = spec.get("type")
    external, internal = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    reachable = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs"))
    path = "spec.externalTrafficPolicy"
    if not reachable and external:
        detail = "may only be set for externally-accessible services"
        errors.append(fields.invalid(path, external, detail))
    elif reachable:
        checks.required_one_of(errors, external, path, TRAFFIC_POLICIES)
    health = spec.get("healthCheckNodePort") or 0
    if health and not _checked_for_health(spec):
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        errors.append(fields.invalid("spec.healthCheckNodePort", health, detail))
    if internal is not None:
        checks.one_of(errors, internal, "spec.internalTrafficPolicy", TRAFFIC_POLICIES)
    elif kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        errors.append(fields.required("spec.internalTrafficPolicy"))
    if (distribution := spec.get("trafficDistribution")) is not None:
        checks.one_of(errors, distribution, "spec.trafficDistribution", DISTRIBUTIONS)


def _checked_for_health(spec: Object) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if "ExternalName" not in (after.get("type"), before.get("type")):
        _kept_address(after, before, errors)
        _kept_family(after, before, errors)
    if before.get("type") == "LoadBalancer" == after.get("type"):
        detail = "may not change once set"
        checks.same(
            errors, after.get("loadBalancerClass"), before.get("loadBalancerClass"), "spec.loadBalancerClass", detail
        )
    moved = after.get("healthCheckNodePort") != before.get("healthCheckNodePort")
    if moved and _checked_for_health(before) and _checked_for_health(after):
        errors.append(fields.forbidden("spec.healthCheckNodePort", checks.IMMUTABLE))
    create(new, errors)


def _kept_address(after: Object, before: Object, errors: Errors) -> None:
    """The first cluster address stays for life; a second one may come and go."""
    new, old = after.get("clusterIPs") or [], before.get("clusterIPs") or []
    if old and (not new or new[0] != old[0]):
        errors.append(fields.invalid("spec.clusterIPs[0]", new or None, "may not change once set"))
    if len(old) > 1 and len(new) > 1 and old[1] != new[1]:
        errors.append(fields.invalid("spec.clusterIPs[1]", new, "may not change once set"))


def _kept_family(after: Object, before: Object, errors: Errors) -> None:
    new, old = after.get("ipFamilies") or [], before.get("ipFamilies") or []
    if old and new and new[0] != old[0]:
        errors.append(fields.invalid("spec.ipFamilies[0]", new, "may not change once set"))


def update_status(new: Object, old: Object, errors: Errors) -> None:
    ingress = ((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    path = "status.loadBalancer.ingress"
    if ingress and (new.get("spec") or {}).get("type") != "LoadBalancer":
        errors.append(fields.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'"))
    load_balancer_ingress(ingress, path, errors)
    for index, point in enumerate(ingress):
        _mode(point, f"{path}[{index}].ipMode", errors)


def _mode(point: Object, path: str, errors: Errors) -> None:
    """Whether traffic reaches nodes with the balancer's address or their own: known where there is an address."""
    mode = point.get("ipMode")
    if mode is None:
        if point.get("ip"):
            errors.append(fields.required(path, "must be specified when `ip` is set"))
    elif not point.get("ip"):
        errors.append(fields.forbidden(path, "may not be specified when `ip` is not set"))
    else:
        checks.one_of(errors, mode, path, ("Proxy", "VIP"))


def load_balancer_ingress(ingress: list[Object], path: str, errors: Errors) -> None:
    """Where a load balancer listens: an address, a name or both. Ingresses report the same."""
    for index, point in enumerate(ingress):
        if address := point.get("ip"):
            checks.valid_ip(errors, address, f"{path}[{index}].ip")
        if name := point.get("hostname"):
            checks.text(errors, names.subdomain, name, f"{path}[{index}].hostname")
            if checks.ip(name) is not None:
                errors.append(
                    fields.invalid(f"{path}[{index}].hostname", name, "must be a DNS name, not an IP address")
                )
