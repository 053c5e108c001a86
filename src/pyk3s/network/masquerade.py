"""The nftables rules of the pod network: who leaves it under the node's address. Pure."""

TABLE = "ip k3s-network"


def rules(pod_cidr: str, cluster_cidr: str, bridge: str, *, bridge_is_filtered: bool) -> str:
    """A script that replaces the table.

    Traffic that leaves the cluster's network takes the node's address. Where the kernel does not pass bridged packets
    through its filters, the answer of a service's backend on this node would go straight to the asking pod under the
    wrong address: such traffic takes the node's address too, so that the answer comes back through it.
    """
    same_bridge = "" if bridge_is_filtered else f"ct status dnat ip saddr {pod_cidr} ip daddr {pod_cidr} masquerade"
    return f"""\
add table {TABLE}
delete table {TABLE}
table {TABLE} {{
    comment "pod network of k3s"
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        {same_bridge}
        ip saddr {pod_cidr} ip daddr != {cluster_cidr} ip daddr != 224.0.0.0/4 oifname != "{bridge}" masquerade
    }}
}}
"""
