"""What both sides of joining agree on: paths, headers, users of basic authentication, and the cluster's configuration.

Paths and headers are those of K3s.
"""

import msgspec

PREFIX = "/v1-k3s/"
NODE_NAME, NODE_PASSWORD, NODE_ADDRESSES = "k3s-node-name", "k3s-node-password", "k3s-node-ip"
AGENT_USER, SERVER_USER = "node", "server"  # whose passwords are the agents' and the server's secret
NODE_USER, NODE_GROUP = "system:node:", "system:nodes"
CONFIG, API_SERVERS, READY = f"{PREFIX}config", f"{PREFIX}apiservers", f"{PREFIX}readyz"
CONNECT, TOKEN = f"{PREFIX}connect", f"{PREFIX}token"
API_SERVER = "kubernetes"
"""A name in every API server's certificate, and in no node's: agents ask for it, at whatever address they get there."""
AUTHORITIES, PING = "/cacerts", "/ping"
TUNNEL = "tunnel.k3s.io/v1"
"""The WebSocket protocol of `wire.tunnel`, asked for at CONNECT."""
PING_S, DEAD_S = 5.0, 15.0  # how often a tunnel's ends greet each other, and after which silence one is dead
LEAVES = {
    "client-kubelet": f"{PREFIX}client-kubelet.crt",
    "serving-kubelet": f"{PREFIX}serving-kubelet.crt",
    "client-kube-proxy": f"{PREFIX}client-kube-proxy.crt",
    "client-k3s-controller": f"{PREFIX}client-k3s-controller.crt",
}
"""File name of each certificate of an agent, and where it is requested."""


class ClusterConfig(msgspec.Struct, frozen=True, omit_defaults=False):
    """What an agent must know of its cluster."""

    cluster_cidr: str = msgspec.field(name="ClusterIPRange")
    service_cidr: str = msgspec.field(name="ServiceIPRange")
    cluster_dns: str = msgspec.field(name="ClusterDNS")
    cluster_domain: str = msgspec.field(name="ClusterDomain")
    own_dns: bool = msgspec.field(name="NodeDNS", default=True)
    """Whether each node answers for the cluster's DNS."""
    proxy: bool = msgspec.field(name="KubeProxy", default=True)
    egress_mode: str = msgspec.field(name="EgressSelectorMode", default="agent")
    version: str = msgspec.field(name="Version", default="")


def encode(config: ClusterConfig) -> bytes:
    return msgspec.json.encode(config)


def decode(body: bytes) -> ClusterConfig:
    """Raises ValueError for what is no configuration."""
    return msgspec.json.decode(body, type=ClusterConfig)
