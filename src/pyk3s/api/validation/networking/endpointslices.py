"""Rules of EndpointSlices."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import services

ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
MOST_ENDPOINTS, MOST_ADDRESSES, MOST_PORTS, MOST_TOPOLOGY, MOST_ZONE_HINTS = 1000, 100, 20_000, 16, 8
FAMILY_NAMED = {4: "an IPv4", 6: "an IPv6"}


def create(endpoint_slice: Object, errors: Errors) -> None:
    kind = endpoint_slice.get("addressType", "")
    if checks.required_one_of(errors, kind, "addressType", ADDRESS_TYPES):
        _endpoints(endpoint_slice.get("endpoints") or [], kind, "endpoints", errors)
    _ports(endpoint_slice.get("ports") or [], "ports", errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    checks.same(errors, new.get("addressType"), old.get("addressType"), "addressType")


def _endpoints(endpoints: list[Object], kind: str, path: str, errors: Errors) -> None:
    if len(endpoints) > MOST_ENDPOINTS:
        errors.append(fields.too_many(path, len(endpoints), MOST_ENDPOINTS))
        return
    for index, endpoint in enumerate(endpoints):
        _endpoint(endpoint, kind, f"{path}[{index}]", errors)


def _endpoint(endpoint: Object, kind: str, path: str, errors: Errors) -> None:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        errors.append(fields.required(f"{path}.addresses", "must contain at least 1 address"))
    elif len(addresses) > MOST_ADDRESSES:
        errors.append(fields.too_many(f"{path}.addresses", len(addresses), MOST_ADDRESSES))
    for index, address in enumerate(addresses):
        _address(address, kind, f"{path}.addresses", index, errors)
    if node := endpoint.get("nodeName"):
        checks.text(errors, names.subdomain, node, f"{path}.nodeName")
    topology = endpoint.get("deprecatedTopology") or {}
    if len(topology) > MOST_TOPOLOGY:
        errors.append(fields.too_many(f"{path}.deprecatedTopology", len(topology), MOST_TOPOLOGY))
    if hostname := endpoint.get("hostname"):
        checks.text(errors, names.label, hostname, f"{path}.hostname")
    for key in ("forZones", "forNodes"):
        _hints((endpoint.get("hints") or {}).get(key) or [], f"{path}.hints.{key}", errors)


def _hints(hints: list[Object], path: str, errors: Errors) -> None:
    if len(hints) > MOST_ZONE_HINTS:
        errors.append(fields.too_many(path, len(hints), MOST_ZONE_HINTS))
        return
    checks.unique(errors, (hint.get("name") for hint in hints), lambda index: f"{path}[{index}].name")
    for index, hint in enumerate(hints):
        checks.text(errors, names.label_value, hint.get("name", ""), f"{path}[{index}].name")


def _address(address: str, kind: str, path: str, index: int, errors: Errors) -> None:
    if kind == "FQDN":
        checks.text(errors, names.fully_qualified, address, f"{path}[{index}]")
        return
    known = checks.ip(address)
    if known is None:
        errors.append(fields.invalid(f"{path}[{index}]", address, checks.NOT_AN_IP))
        return
    if f"IPv{known.version}" != kind:
        errors.append(fields.invalid(path, address, f"must be {FAMILY_NAMED[int(kind[-1])]} address"))
    checks.ordinary_ip(errors, address, f"{path}[{index}]")


def _ports(ports: list[Object], path: str, errors: Errors) -> None:
    if len(ports) > MOST_PORTS:
        errors.append(fields.too_many(path, len(ports), MOST_PORTS))
        return
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name = f"{path}[{index}]", port.get("name") or ""
        if name:
            checks.text(errors, names.label, name, f"{at}.name")
        if name in seen:
            errors.append(fields.duplicate(f"{at}.name", name))
        seen.add(name)
        checks.required_one_of(errors, port.get("protocol"), f"{at}.protocol", services.PROTOCOLS)
        if (number := port.get("port")) is not None:
            checks.port_number(errors, number, f"{at}.port")
        if protocol := port.get("appProtocol"):
            checks.text(errors, names.qualified_name, protocol, f"{at}.appProtocol")
