"""Services: cluster addresses and node ports, given out by the server.

What is given out follows from the services that exist: it is rebuilt at start and kept up to date by this one writer.
Addresses of the first sixteenth of the range (at most 256) are left to those who ask for one by value.
"""

import ipaddress
import secrets
from collections.abc import Iterable

from pyk3s.api import fields, status
from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON
HEADLESS = "None"
FIRST_PORT, LAST_PORT = 30000, 32767
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")
_LEAST_RESERVED, _MOST_RESERVED = 16, 256


class Exhausted(Exception):
    """Nothing is left to give out."""


class Allocations:
    """Addresses and node ports in use."""

    def __init__(self, cidr: str):
        self.network = ipaddress.ip_network(cidr)
        self._addresses: set[int] = set()
        self._ports: set[int] = set()

    def rebuild(self, services: Iterable[JSON]) -> None:
        """Count what existing services hold."""
        for service in services:
            spec = service.get("spec") or {}
            self._addresses.update(self._number(each) for each in _addresses(spec) if self.covers(each))
            self._ports.update(_ports(spec))

    def covers(self, address: str) -> bool:
        """Whether services may have an address: neither outside the range nor its first or last."""
        try:
            number = self._number(address)
        except ValueError:
            return False
        first = int(self.network.network_address)
        return first < number < first + self.network.num_addresses - 1

    @staticmethod
    def _number(address: str) -> int:
        return int(ipaddress.ip_address(address))

    def take_address(self, address: str) -> bool:
        """Reserve one address; False if it is taken."""
        number = self._number(address)
        if number in self._addresses:
            return False
        self._addresses.add(number)
        return True

    def any_address(self) -> str:
        """Reserve some free address, a random one; raises Exhausted."""
        first = int(self.network.network_address)
        count = self.network.num_addresses - 2
        reserved = min(max(_LEAST_RESERVED, count // 16), _MOST_RESERVED) if count > 2 * _LEAST_RESERVED else 0
        for low, size in ((first + 1 + reserved, count - reserved), (first + 1, reserved)):
            number = _random_free(low, size, self._addresses)
            if number is not None:
                self._addresses.add(number)
                return str(ipaddress.ip_address(number))
        raise Exhausted

    def take_port(self, port: int) -> bool:
        """Reserve one node port; False if it is taken."""
        if port in self._ports:
            return False
        self._ports.add(port)
        return True

    def any_port(self) -> int:
        """Reserve some free node port; raises Exhausted."""
        port = _random_free(FIRST_PORT, LAST_PORT - FIRST_PORT + 1, self._ports)
        if port is None:
            raise Exhausted
        self._ports.add(port)
        return port

    def give_back(self, addresses: Iterable[str], ports: Iterable[int]) -> None:
        """Free what a service held."""
        self._addresses.difference_update(self._number(each) for each in addresses if self.covers(each))
        self._ports.difference_update(ports)


def _random_free(low: int, size: int, taken: set[int]) -> int | None:
    """A number of low..low+size-1 that is not taken: the first free one from a random start."""
    if size <= 0:
        return None
    start = secrets.randbelow(size)
    for step in range(size):
        number = low + (start + step) % size
        if number not in taken:
            return number
    return None


def _addresses(spec: JSON) -> list[str]:
    return [each for each in spec.get("clusterIPs") or [spec.get("clusterIP", "")] if each and each != HEADLESS]


def _ports(spec: JSON) -> set[int]:
    ports = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
    if health := spec.get("healthCheckNodePort"):
        ports.add(health)
    return ports


def needs_address(spec: JSON) -> bool:
    """Whether a service has a cluster address at all (`None` counts as one)."""
    return spec.get("type") != "ExternalName"


def needs_ports(spec: JSON) -> bool:
    return spec.get("type") == "NodePort" or (
        spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False
    )


def needs_health_port(spec: JSON) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


class Services(base.Strategy):
    """How services differ."""

    def __init__(self, allocations: Allocations):
        super().__init__(
            empty_status={"loadBalancer": {}},
            returns_deleted=True,
            selectable=(Field("spec.clusterIP"), Field("spec.type")),
        )
        self.allocations = allocations

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        spec = obj["spec"]
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]

    def prepare_update(self, new: JSON, old: JSON, now: str) -> None:
        super().prepare_update(new, old, now)
        spec, before = new["spec"], old["spec"]
        if needs_address(spec) and needs_address(before):
            _keep_address(spec, before)
        elif not needs_address(spec):
            for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                if spec.get(key) == before.get(key):
                    spec.pop(key, None)
        _keep_ports(spec, before)

    def allocate(self, obj: JSON, old: JSON | None) -> None:
        spec, before = obj["spec"], (old or {}).get("spec", {})
        taken_addresses: list[str] = []
        taken_ports: list[int] = []
        errors: list[fields.FieldError] = []
        try:
            self._settle_families(spec, errors)
            if not errors and needs_address(spec):
                self._give_addresses(spec, before, taken_addresses, errors)
            if not errors:
                self._give_ports(spec, before, taken_ports, errors)
        except Exhausted:
            self.allocations.give_back(taken_addresses, taken_ports)
            raise status.internal("failed to allocate: the range is full") from None
        if errors:
            self.allocations.give_back(taken_addresses, taken_ports)
            raise status.invalid("", "Service", obj["metadata"]["name"], errors)

    def _settle_families(self, spec: JSON, errors: list[fields.FieldError]) -> None:
        """Fill in which families of addresses a service has, or say which of them this cluster lacks."""
        if not needs_address(spec):
            return
        own = f"IPv{self.allocations.network.version}"
        only_listed = spec.get("clusterIP") == HEADLESS and not spec.get("selector")
        policy = spec.setdefault("ipFamilyPolicy", "RequireDualStack" if only_listed else "SingleStack")
        asked = _addresses(spec)
        for key, called in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")):
            if policy == "SingleStack" and len(spec.get(key) or ()) > 1:
                detail = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {called} are specified"
                errors.append(fields.invalid("spec.ipFamilyPolicy", policy, detail))
        for index in range(len(spec.get("ipFamilies") or ()), len(asked)):
            if (family := f"IPv{ipaddress.ip_address(asked[index]).version}") != own:
                detail = f"{family} is not configured on this cluster"
                errors.append(fields.invalid(f"spec.clusterIPs[{index}]", asked, detail))
        if errors:
            return
        if only_listed:  # nothing is given out, so that it may have what the cluster lacks
            families = spec.get("ipFamilies") or [own]
            if policy != "SingleStack" and len(families) < 2:
                families = [*families, "IPv6" if families == ["IPv4"] else "IPv4"]
            spec["ipFamilies"] = families
            return
        if policy == "RequireDualStack":
            detail = "this cluster is not configured for dual-stack services"
            errors.append(fields.invalid("spec.ipFamilyPolicy", policy, detail))
        for index, family in enumerate(spec.get("ipFamilies") or ()):
            if family != own:
                errors.append(fields.invalid(f"spec.ipFamilies[{index}]", family, "not configured on this cluster"))
        if not spec.get("ipFamilies"):
            spec["ipFamilies"] = [own]

    def _give_addresses(self, spec: JSON, before: JSON, taken: list[str], errors: list[fields.FieldError]) -> None:
        if spec.get("clusterIP") == HEADLESS:
            spec["clusterIPs"] = [HEADLESS]
            return
        asked = [each for each in spec.get("clusterIPs") or () if each]
        if not asked:
            address = self.allocations.any_address()
            taken.append(address)
            spec["clusterIP"], spec["clusterIPs"] = address, [address]
            return
        held = _addresses(before)
        for address in asked:
            if address in held:
                continue
            if not self.allocations.covers(address):
                why = "the provided network does not match the current range"
            elif not self.allocations.take_address(address):
                why = "provided IP is already allocated"
            else:
                taken.append(address)
                continue
            errors.append(fields.invalid("spec.clusterIPs", asked, f"failed to allocate IP {address}: {why}"))
        spec["clusterIP"] = asked[0]

    def _give_ports(self, spec: JSON, before: JSON, taken: list[int], errors: list[fields.FieldError]) -> None:
        held = _ports(before)
        if spec.get("type") in _WITH_NODE_PORTS:
            self._give_node_ports(spec, held, taken, errors)
        if needs_health_port(spec):
            asked = spec.get("healthCheckNodePort")
            if not asked:
                spec["healthCheckNodePort"] = self.allocations.any_port()
                taken.append(spec["healthCheckNodePort"])
            elif asked not in held:
                self._take_port(asked, "spec.healthCheckNodePort", taken, errors)

    def _give_node_ports(self, spec: JSON, held: set[int], taken: list[int], errors: list[fields.FieldError]) -> None:
        ports = spec.get("ports") or []
        by_protocol: dict[int, set[str]] = {}
        for index, port in enumerate(ports):
            asked = port.get("nodePort")
            if not asked:
                continue
            used = by_protocol.setdefault(asked, set())
            shared = bool(used) and port.get("protocol") not in used
            used.add(port.get("protocol", "TCP"))
            if asked not in held and not shared:
                self._take_port(asked, f"spec.ports[{index}].nodePort", taken, errors)
        if errors or not needs_ports(spec):
            return
        given: dict[int, int] = {}  # one node port serves both protocols of a port
        for port in ports:
            if port.get("nodePort"):
                continue
            number = port["port"]
            if number in given and _protocols_differ(ports, number):
                port["nodePort"] = given[number]
                continue
            port["nodePort"] = given[number] = self.allocations.any_port()
            taken.append(port["nodePort"])

    def _take_port(self, port: int, path: str, taken: list[int], errors: list[fields.FieldError]) -> None:
        if not FIRST_PORT <= port <= LAST_PORT:
            detail = f"provided port is not in the valid range. The range of valid ports is {FIRST_PORT}-{LAST_PORT}"
            errors.append(fields.invalid(path, port, detail))
        elif not self.allocations.take_port(port):
            errors.append(fields.invalid(path, port, "provided port is already allocated"))
        else:
            taken.append(port)

    def removed(self, obj: JSON) -> None:
        spec = obj.get("spec") or {}
        self.allocations.give_back(_addresses(spec), _ports(spec))

    def replaced(self, new: JSON, old: JSON) -> None:
        """Free what the old service held and the new one does not."""
        spec, before = new["spec"], old["spec"]
        self.allocations.give_back(set(_addresses(before)) - set(_addresses(spec)), _ports(before) - _ports(spec))


def _protocols_differ(ports: list[JSON], number: int) -> bool:
    return len({port.get("protocol") for port in ports if port["port"] == number}) > 1


def _keep_address(spec: JSON, before: JSON) -> None:
    """What an update leaves out stays as it was given."""
    if not spec.get("clusterIP"):
        if not spec.get("clusterIPs") or spec.get("clusterIPs") == before.get("clusterIPs"):
            base.carry(spec, before, "clusterIP")
            base.carry(spec, before, "clusterIPs")
    elif not spec.get("clusterIPs"):
        same = spec["clusterIP"] == before.get("clusterIP")
        spec["clusterIPs"] = before.get("clusterIPs") if same else [spec["clusterIP"]]
    for key in ("ipFamilies", "ipFamilyPolicy"):
        if not spec.get(key):
            base.carry(spec, before, key)


def _keep_ports(spec: JSON, before: JSON) -> None:
    ports, earlier = spec.get("ports") or [], before.get("ports") or []
    if needs_ports(spec) and needs_ports(before):
        held = {(port["port"], port.get("protocol")): port.get("nodePort") for port in earlier}
        for port in ports:
            if not port.get("nodePort") and (kept := held.get((port["port"], port.get("protocol")))):
                port["nodePort"] = kept
    elif not needs_ports(spec) and spec.get("type") not in _WITH_NODE_PORTS:
        held_ports = {port.get("nodePort") for port in earlier}
        for port in ports:
            if port.get("nodePort") in held_ports:
                port.pop("nodePort", None)
        if before.get("type") in _WITH_NODE_PORTS and not spec.get("externalIPs"):
            _drop_same(spec, before, "externalTrafficPolicy")
    if needs_health_port(spec) and needs_health_port(before):
        if not spec.get("healthCheckNodePort"):
            base.carry(spec, before, "healthCheckNodePort")
    elif not needs_health_port(spec):
        _drop_same(spec, before, "healthCheckNodePort")
    if spec.get("type") != "LoadBalancer":
        _drop_same(spec, before, "allocateLoadBalancerNodePorts")


def _drop_same(spec: JSON, before: JSON, key: str) -> None:
    """A field that only the old type had goes, unless the client changed it."""
    if key in spec and spec.get(key) == before.get(key):
        del spec[key]
