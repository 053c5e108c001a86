"""What of the controllers can be set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Times are seconds; `cluster_ca_pem` is what pods use to trust the API server."""

    cluster_ca_pem: str = ""
    cluster_cidrs: tuple[str, ...] = ("10.42.0.0/16",)
    node_cidr_prefix: int = 24  # size of a node's pod network; IPv6 networks get 64
    node_grace_s: float = 40.0  # a node that was silent for so long is taken for lost
    terminated_pods_most: int = 12500
    orphan_quarantine_s: float = 40.0  # a pod's node must be gone for so long before the pod is removed
    control_plane_nodes: frozenset[str] = frozenset()  # the nodes of servers
    disabled: frozenset[str] = frozenset()  # names of controllers to leave out
