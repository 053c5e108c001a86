"""Rules of NetworkPolicies."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.checks import Errors, Object

POLICY_TYPES = ("Ingress", "Egress")
PROTOCOLS = ("TCP", "UDP", "SCTP")


def create(policy: Object, errors: Errors) -> None:
    spec = policy.get("spec") or {}
    if selector := spec.get("podSelector"):
        selectors.selector(selector, "spec.podSelector", errors)
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{index}]"
            for position, port in enumerate(rule.get("ports") or ()):
                _port(port, f"{path}.ports[{position}]", errors)
            for position, peer in enumerate(rule.get(peers) or ()):
                _peer(peer, f"{path}.{peers}[{position}]", errors)
    types = spec.get("policyTypes") or []
    if len(types) > len(POLICY_TYPES):
        errors.append(fields.invalid("spec.policyTypes", types, "may not specify more than two policyTypes"))
        return
    for index, kind in enumerate(types):
        checks.one_of(errors, kind, f"spec.policyTypes[{index}]", POLICY_TYPES)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)


def _port(port: Object, path: str, errors: Errors) -> None:
    if (protocol := port.get("protocol")) is not None:
        checks.one_of(errors, protocol, f"{path}.protocol", PROTOCOLS)
    first, last = port.get("port"), port.get("endPort")
    if first is None:
        if last is not None:
            detail = "may not be specified when `port` is not specified"
            errors.append(fields.invalid(f"{path}.endPort", last, detail))
        return
    checks.port_or_name(errors, first, f"{path}.port")
    if last is None:
        return
    if isinstance(first, str):
        errors.append(fields.invalid(f"{path}.endPort", last, "may not be specified when `port` is non-numeric"))
        return
    if last < first:  # the message repeats the other port
        errors.append(fields.invalid(f"{path}.endPort", first, "must be greater than or equal to `port`"))
    checks.port_number(errors, last, f"{path}.endPort")


def _peer(peer: Object, path: str, errors: Errors) -> None:
    given = [key for key in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(key) is not None]
    for key in given:
        if key == "ipBlock":
            _block(peer[key], f"{path}.ipBlock", errors)
        else:
            selectors.selector(peer[key], f"{path}.{key}", errors)
    if not given:
        errors.append(fields.required(path, "must specify a peer"))
    elif len(given) > 1 and "ipBlock" in given:
        errors.append(fields.forbidden(path, "may not specify both ipBlock and another peer"))


def _block(block: Object, path: str, errors: Errors) -> None:
    if not (text := block.get("cidr")):
        errors.append(fields.required(f"{path}.cidr"))
        return
    checks.valid_cidr(errors, text, f"{path}.cidr")
    if (network := checks.cidr(text)) is None:
        return
    for index, hole in enumerate(block.get("except") or ()):
        at, inner = f"{path}.except[{index}]", checks.cidr(hole)
        checks.valid_cidr(errors, hole, at)
        if inner is None:
            continue
        inside = inner.version == network.version and inner.network_address in network
        if not inside or inner.prefixlen <= network.prefixlen:
            errors.append(fields.invalid(at, hole, "must be a strict subset of `cidr`"))


def create_service_cidr(value: Object, errors: Errors) -> None:
    networks = (value.get("spec") or {}).get("cidrs") or []
    path = "spec.cidrs"
    if not networks:
        errors.append(fields.required(path, "at least one CIDR required"))
        return
    if len(networks) > 2:
        errors.append(fields.invalid(path, {"CIDRs": networks}, "may only hold up to 2 values"))
        return
    families = {known.version for known in map(checks.cidr, networks) if known is not None}
    if len(networks) == 2 and len(families) != 2:
        detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        errors.append(fields.invalid(path, {"CIDRs": networks}, detail))
        return
    for index, network in enumerate(networks):
        checks.valid_cidr(errors, network, f"{path}[{index}]")


def update_service_cidr(new: Object, old: Object, errors: Errors) -> None:
    """A second network may be added or taken away; the first stays."""
    after, before = ((each.get("spec") or {}).get("cidrs") or [] for each in (new, old))
    if before and after[:1] != before[:1]:
        errors.append(fields.invalid("spec.cidrs[0]", (after or [""])[0], checks.IMMUTABLE))
    create_service_cidr(new, errors)


def ip_address_name(value: str) -> names.Messages:
    """IPAddress objects are named by the address, in its canonical spelling."""
    address = checks.ip(value)
    if address is None:
        return (checks.NOT_AN_IP,)
    return () if str(address) == value else (f'must be in canonical form ("{address}")',)


def create_ip_address(value: Object, errors: Errors) -> None:
    parent = (value.get("spec") or {}).get("parentRef")
    if parent is None:
        errors.append(fields.required("spec.parentRef"))
        return
    path = "spec.parentRef"
    if group := parent.get("group"):
        checks.text(errors, names.subdomain, group, f"{path}.group")
    for key in ("resource", "name"):
        checks.required_text(errors, names.path_segment, parent.get(key), f"{path}.{key}")
    if namespace := parent.get("namespace"):
        checks.text(errors, names.path_segment, namespace, f"{path}.namespace")


def update_ip_address(new: Object, old: Object, errors: Errors) -> None:
    after, before = ((each.get("spec") or {}).get("parentRef") for each in (new, old))
    if after != before:
        shown = None if after is None else internals.view(after, internals.PARENT_REFERENCE)
        errors.append(fields.invalid("spec.parentRef", shown, checks.IMMUTABLE))
