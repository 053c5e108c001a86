"""Services to nftables rules, as values.

One lookup per packet however many Services there are: verdict maps keyed by address, protocol and port lead to a chain
per Service port, whose one rule picks a backend at random and rewrites the destination. A Service with client affinity
has a chain and a set of recent clients per backend instead.

The source address is kept wherever the way back leads through this node anyhow. It is rewritten (masqueraded) when a
backend reaches itself through its Service, and for traffic from outside that may leave for another node.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from pyk3s.proxy.backends import Backend, backends, local
from pyk3s.proxy.objects import EndpointSlice, Service, ServicePort
from pyk3s.proxy.ruleset import Ruleset

TABLE = "k3s-proxy"
MARK = "0x4000"  # the bit that kube-proxy uses to ask for masquerading
TO_MARK = f"meta mark set meta mark | {MARK}"


@dataclass(frozen=True)
class Family:
    """How one address family is written. `name` as in EndpointSlices, `nft` as in table names."""

    name: str
    nft: str
    address: str
    version: int

    @property
    def table(self) -> str:
        return f"{self.nft} {TABLE}"

    def of(self, addresses: Sequence[str]) -> list[str]:
        """Those addresses that belong to this family."""
        return [text for text in addresses if ip_address(text).version == self.version]


IPV4 = Family("IPv4", "ip", "ipv4_addr", 4)
IPV6 = Family("IPv6", "ip6", "ipv6_addr", 6)


def base(family: Family, cluster_cidrs: str) -> str:
    """A script that replaces the whole table by its fixed parts, in one transaction.

    `cluster_cidrs` is the network of all pods, or a comma-separated list of them.
    """
    pods = ", ".join(cidr for cidr in cluster_cidrs.split(",") if ip_network(cidr).version == family.version)
    key = f"{family.address} . inet_proto . inet_service"
    to_service = f"{family.nft} daddr . meta l4proto . th dport vmap @service-ips"
    to_node = f"fib daddr type local {family.nft} daddr != 127.0.0.0/8 meta l4proto . th dport vmap @node-ports"
    if family is IPV6:
        to_node = "fib daddr type local ip6 daddr != ::1 meta l4proto . th dport vmap @node-ports"
    refuse = f"ct state new {family.nft} daddr . meta l4proto . th dport vmap @refused-ips"
    refuse_node = "ct state new fib daddr type local meta l4proto . th dport vmap @refused-ports"
    return f"""\
add table {family.table}
delete table {family.table}
table {family.table} {{
    comment "service rules of k3s, rewritten at its start"
    map service-ips {{ type {key} : verdict; }}
    map node-ports {{ type inet_proto . inet_service : verdict; }}
    map refused-ips {{ type {key} : verdict; }}
    map refused-ports {{ type inet_proto . inet_service : verdict; }}
    set hairpins {{ type {family.address} . {family.address}; }}
    set cluster-ips {{ type {family.address}; }}
    set pods {{ type {family.address}; flags interval; elements = {{ {pods} }}; }}
    chain refuse {{
        meta l4proto tcp reject with tcp reset
        reject
    }}
    chain services {{
        {to_service}
        {to_node}
    }}
    chain refusals {{
        {refuse}
        {refuse_node}
    }}
    chain strays {{
        ct state new {family.nft} daddr @cluster-ips goto refuse
    }}
    chain from-outside {{
        {family.nft} saddr @pods return
        {TO_MARK}
    }}
    chain prerouting {{ type nat hook prerouting priority dstnat; policy accept; jump services; }}
    chain output {{ type nat hook output priority -100; policy accept; jump services; }}
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        meta mark & {MARK} == {MARK} meta mark set meta mark ^ {MARK} masquerade
        ct status dnat {family.nft} saddr . {family.nft} daddr @hairpins masquerade
    }}
    chain filter-input {{ type filter hook input priority -110; policy accept; jump refusals; }}
    chain filter-forward {{ type filter hook forward priority -110; policy accept; jump refusals; jump strays; }}
    chain filter-output {{ type filter hook output priority 0; policy accept; jump refusals; jump strays; }}
}}
"""


def service_rules(service: Service, slices: Sequence[EndpointSlice], family: Family, node: str) -> Ruleset:
    """What one Service adds; nothing for a headless or external one."""
    cluster_ips = family.of([text for text in service.spec.cluster_ips if text != "None"])
    if not cluster_ips or service.spec.type == "ExternalName":
        return Ruleset()
    made = _Builder(service, family, node, frozenset(cluster_ips))
    for port in service.spec.ports:
        chosen = backends(slices, port.name, port.protocol, family.name)
        made.port(port, cluster_ips, chosen)
    return made.ruleset()


class _Builder:
    """Collects the parts of one Service."""

    def __init__(self, service: Service, family: Family, node: str, cluster_ips: frozenset[str]):
        self._service, self._family, self._node = service, family, node
        self._cluster_ips = cluster_ips
        self._chains: dict[str, tuple[str, ...]] = {}
        self._maps: dict[str, dict[str, str]] = {}
        self._hairpins: set[str] = set()
        self._affinity: dict[str, int] = {}

    def ruleset(self) -> Ruleset:
        sets = {"cluster-ips": self._cluster_ips}
        if self._hairpins:
            sets["hairpins"] = frozenset(self._hairpins)
        return Ruleset(self._chains, self._maps, sets, self._affinity)

    def port(self, port: ServicePort, cluster_ips: Sequence[str], chosen: Sequence[Backend]) -> None:
        spec = self._service.spec
        name = f"{self._service.metadata.key}/{port.protocol.lower()}/{port.port}"
        inside = local(chosen, self._node) if spec.internal_traffic_policy == "Local" else chosen
        self._internal(port, cluster_ips, inside, f"service/{name}")
        external_ips = self._family.of([*spec.external_ips, *self._balancer_ips()])
        if external_ips or port.node_port:
            self._external(port, external_ips, chosen, f"external/{name}")

    def _balancer_ips(self) -> list[str]:
        ingress = self._service.status.load_balancer.ingress
        return [each.ip for each in ingress if each.ip and each.ip_mode == "VIP"]

    def _internal(self, port: ServicePort, addresses: Sequence[str], chosen: Sequence[Backend], chain: str) -> None:
        keys = [f"{address} . {port.protocol.lower()} . {port.port}" for address in addresses]
        self._lead("service-ips" if chosen else "refused-ips", keys, f"goto {chain}" if chosen else "goto refuse")
        if chosen:
            self._choice(chain, chosen, port.protocol)

    def _external(self, port: ServicePort, addresses: Sequence[str], chosen: Sequence[Backend], chain: str) -> None:
        """Traffic to node ports, external and load balancer addresses."""
        if not chosen:
            target, prefix = "goto refuse", "refused"
        else:
            target, prefix = f"goto {chain}", ""
            self._chains[chain] = tuple(self._external_rules(port.protocol, chosen, chain))
        protocol = port.protocol.lower()
        keys = [f"{address} . {protocol} . {port.port}" for address in addresses]
        self._lead(f"{prefix}-ips" if prefix else "service-ips", keys, target)
        if port.node_port:
            self._lead(f"{prefix}-ports" if prefix else "node-ports", [f"{protocol} . {port.node_port}"], target)

    def _external_rules(self, protocol: str, chosen: Sequence[Backend], chain: str) -> Iterator[str]:
        spec, saddr, everywhere = self._service.spec, f"{self._family.nft} saddr", f"{chain}/all"
        if ranges := self._family_ranges(spec.load_balancer_source_ranges):
            yield f"{saddr} != {{ {', '.join(ranges)} }} drop"
        if spec.external_traffic_policy != "Local":
            self._choice(everywhere, chosen, protocol)
            yield "jump from-outside"
            yield f"goto {everywhere}"
            return
        # Local keeps the client's address, so only this node's backends may answer it; pods and this node may ask all.
        here = local(chosen, self._node)
        self._choice(everywhere, chosen, protocol)
        yield f"{saddr} @pods goto {everywhere}"
        yield f"fib saddr type local {TO_MARK} goto {everywhere}"
        if here:
            self._choice(f"{chain}/local", here, protocol)
            yield f"goto {chain}/local"
        else:
            yield "drop"

    def _family_ranges(self, ranges: Sequence[str]) -> list[str]:
        return [text for text in ranges if (":" in text) == (self._family is IPV6)]

    def _lead(self, name: str, keys: Sequence[str], verdict: str) -> None:
        if keys:
            self._maps.setdefault(name, {}).update(dict.fromkeys(keys, verdict))

    def _choice(self, chain: str, chosen: Sequence[Backend], protocol: str) -> None:
        """The chain that picks one of the backends. Sets within rules are dear to load: one map, and only if needed."""
        self._hairpins |= {f"{backend.address} . {backend.address}" for backend in chosen}
        if self._service.spec.session_affinity == "ClientIP":
            self._sticky_choice(chain, chosen, protocol)
            return
        if len(chosen) == 1:
            self._chains[chain] = (_to(self._family, chosen[0], protocol),)
            return
        targets = ", ".join(f"{number} : {each.address} . {each.port}" for number, each in enumerate(chosen))
        rule = f"dnat {self._family.nft} to numgen random mod {len(chosen)} map {{ {targets} }}"
        self._chains[chain] = (f"meta l4proto {protocol.lower()} {rule}",)

    def _sticky_choice(self, chain: str, chosen: Sequence[Backend], protocol: str) -> None:
        config = self._service.spec.session_affinity_config
        seconds = config.client_ip.timeout_seconds if config and config.client_ip else 10800
        saddr = f"{self._family.nft} saddr"
        known, drawn = [], []
        for number, each in enumerate(chosen):
            own = f"{chain}/{each.address}/{each.port}".replace(":", "_")
            recent = f"{own}/clients-{seconds}s"  # another timeout is another set
            self._affinity[recent] = seconds
            self._chains[own] = (f"update @{recent} {{ {saddr} }}", _to(self._family, each, protocol))
            known.append(f"{saddr} @{recent} goto {own}")
            drawn.append(f"{number} : goto {own}")
        self._chains[chain] = (*known, f"numgen random mod {len(chosen)} vmap {{ {', '.join(drawn)} }}")


def _to(family: Family, backend: Backend, protocol: str) -> str:
    address = f"[{backend.address}]" if family is IPV6 else backend.address
    return f"meta l4proto {protocol.lower()} dnat to {address}:{backend.port}"


class Flow(NamedTuple):
    """UDP that was sent to `address` (empty: any of this node) and `port`, and rewritten to `backend`."""

    address: str
    port: int
    backend: str


def udp_flows(service: Service, slices: Sequence[EndpointSlice], family: Family) -> frozenset[Flow]:
    """The flows that may exist now."""
    spec = service.spec
    addresses = family.of([text for text in (*spec.cluster_ips, *spec.external_ips) if text != "None"])
    return frozenset(
        Flow(address, number, backend.address)
        for port in spec.ports
        if port.protocol == "UDP"
        for backend in backends(slices, port.name, port.protocol, family.name)
        for address, number in [*((each, port.port) for each in addresses), ("", port.node_port)]
        if number
    )
