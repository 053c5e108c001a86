"""The CNI configuration of a node: one bridge for its pods, addresses from the node's own network. Pure."""

import json
import pathlib

BRIDGE = "cni0"
FILE = "10-k3s.conflist"


def conflist(pod_cidr: str, addresses_dir: pathlib.Path) -> bytes:
    """The plugin chain for `pod_cidr`: bridge with host-local addresses, then host ports."""
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "isDefaultGateway": True,
        "hairpinMode": True,  # a pod may reach itself through a service
        "forceAddress": True,  # a node whose pod network changed gets the new gateway address
        "ipam": {"type": "host-local", "ranges": [[{"subnet": pod_cidr}]], "dataDir": str(addresses_dir)},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True}
    chain = {"cniVersion": "0.4.0", "name": "k3s", "plugins": [bridge, ports]}
    return json.dumps(chain, indent=2).encode() + b"\n"
