"""What of the pod network of a node can be set."""

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """`addresses_dir` is where the CNI plugin notes addresses in use; it must not survive a reboot of the host."""

    node_name: str
    node_ip: str
    cni_dir: pathlib.Path
    addresses_dir: pathlib.Path
    cluster_cidr: str = "10.42.0.0/16"
    service_cidr: str = "10.43.0.0/16"
    dns_addresses: tuple[str, ...] = ("10.43.0.10",)
