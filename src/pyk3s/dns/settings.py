"""What of the cluster DNS can be set."""

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """`addresses` are those it listens on; other names go to the resolvers of `resolv_conf`, which is read anew when
    it changes."""

    addresses: tuple[str, ...] = ("10.43.0.10",)
    port: int = 53
    domain: str = "cluster.local"
    resolv_conf: pathlib.Path = pathlib.Path("/etc/resolv.conf")
    forward_timeout_s: float = 2.0
    cache_entries: int = 2000
