"""What of the service proxy can be set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """`local_addresses` are cluster addresses that this node serves itself (the cluster DNS): they get no rules."""

    node_name: str
    cluster_cidr: str = "10.42.0.0/16"
    local_addresses: frozenset[str] = frozenset()
    gather_s: float = 0.05  # changes that come within this time are applied together
