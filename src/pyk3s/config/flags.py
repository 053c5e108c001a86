"""Every flag of `k3s server` and `k3s agent` as data: name, kind, environment variable, default, and who takes it.

A flag that K3s knows and pyk3s does not support yet is listed with the reason, so that it is refused in words.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

SERVER, AGENT = "server", "agent"


class Kind(Enum):
    """How a flag's value is written."""

    TEXT = "text"
    SWITCH = "switch"
    NUMBER = "number"
    LIST = "list"  # repeatable


class Flag(NamedTuple):
    """One flag. `default` is text as on the command line; `commands` are those that take it; `refused` is why it is not
    supported, empty if it is.
    """

    name: str
    kind: Kind
    help: str
    env: str = ""
    default: str = ""
    short: str = ""
    commands: tuple[str, ...] = (SERVER, AGENT)
    refused: str = ""

    @property
    def key(self) -> str:
        """The attribute name in code."""
        return self.name.replace("-", "_")


def _server(name: str, kind: Kind, help_text: str, env: str = "", default: str = "", short: str = "") -> Flag:
    return Flag(name, kind, help_text, env, default, short, commands=(SERVER,))


def _agent(name: str, kind: Kind, help_text: str, env: str = "", default: str = "", short: str = "") -> Flag:
    return Flag(name, kind, help_text, env, default, short, commands=(AGENT,))


T, S, N, L = Kind.TEXT, Kind.SWITCH, Kind.NUMBER, Kind.LIST
DATA_DIR = "/var/lib/rancher/k3s"

SUPPORTED = (
    Flag("config", T, "Load configuration from this file", "K3S_CONFIG_FILE", "/etc/rancher/k3s/config.yaml", "c"),
    Flag("debug", S, "Write debug lines to the log", "K3S_DEBUG"),
    Flag("log", T, "Write the log to this file", default="", short="l"),
    Flag("data-dir", T, "Folder that holds state", "K3S_DATA_DIR", DATA_DIR, "d"),
    Flag("token", T, "Shared secret to join a server or agent", "K3S_TOKEN", short="t"),
    Flag("token-file", T, "File that holds the token", "K3S_TOKEN_FILE"),
    Flag("node-name", T, "Name of this node (the host's name)", "K3S_NODE_NAME"),
    Flag("node-ip", L, "Address to advertise for this node", short="i"),
    Flag("node-external-ip", L, "External address to advertise for this node"),
    Flag("node-label", L, "Label to register this node with, key=value"),
    Flag("node-taint", L, "Taint to register this node with, key=value:effect"),
    Flag("resolv-conf", T, "resolv.conf that pods and DNS forwarding use", "K3S_RESOLV_CONF"),
    Flag("snapshotter", T, "containerd snapshotter", default="overlayfs"),
    Flag("pause-image", T, "Image of the sandbox container (made locally unless given)"),
    Flag("container-runtime-endpoint", T, "CRI socket to use instead of the embedded containerd"),
    Flag("image-service-endpoint", T, "CRI socket of the image service, where that is another one"),
    Flag("private-registry", T, "Mirrors and credentials of registries", default="/etc/rancher/k3s/registries.yaml"),
    Flag("disable-default-registry-endpoint", S, "Ask mirrors alone where a registry has some"),
    Flag("default-runtime", T, "Runtime of containers without a RuntimeClass; runc is the only one", default="runc"),
    Flag("nonroot-devices", S, "Let devices belong to the user and group of the pod's security context"),
    Flag("node-internal-dns", L, "Internal DNS name to advertise for this node"),
    Flag("node-external-dns", L, "External DNS name to advertise for this node"),
    Flag("kubelet-arg", L, "name=value for the kubelet"),
    Flag("protect-kernel-defaults", S, "Do not start unless kernel parameters are what the kubelet wants"),
    Flag("v", N, "Number of the log's detail: from 1 on debug lines are written", default="0"),
    Flag("alsologtostderr", S, "Write the log to standard error too, where --log is given"),
    Flag("with-node-id", S, "Append an id of this host to the node's name"),
    _agent("server", T, "Server to join, https://HOST:6443", "K3S_URL", short="s"),
    _agent("lb-server-port", N, "Port of the agent's own load balancer", "K3S_LB_SERVER_PORT", "6444"),
    _agent("disable-apiserver-lb", S, "Connect straight to --server instead of through the load balancer"),
    _server("agent-token", T, "Secret that only agents may join with (the token)", "K3S_AGENT_TOKEN"),
    _server("agent-token-file", T, "File that holds the agents' token", "K3S_AGENT_TOKEN_FILE"),
    _server("egress-selector-mode", T, "How the API reaches kubelets: agent (tunnels) or disabled", "", "agent"),
    _server("bind-address", T, "Address to listen on", default="0.0.0.0"),
    _server("https-listen-port", N, "Port of the API", default="6443"),
    _server("advertise-address", T, "Address that the API server publishes (the node's)"),
    _server("advertise-port", N, "Port that the API server publishes (that of the API)"),
    _server("tls-san-security", S, "Take no names into the serving certificate but known ones (always so)", "", "true"),
    _server("tls-san", L, "Extra host name or address in the serving certificate"),
    _server("cluster-cidr", T, "Network of pod addresses", default="10.42.0.0/16"),
    _server("service-cidr", T, "Network of service addresses", default="10.43.0.0/16"),
    _server("service-node-port-range", T, "Ports reserved for NodePort services", default="30000-32767"),
    _server("cluster-dns", T, "Address of the cluster DNS (10th of the service network)"),
    _server("cluster-domain", T, "Cluster domain", default="cluster.local"),
    _server(
        "write-kubeconfig",
        T,
        "Where to write the administrator's kubeconfig",
        "K3S_KUBECONFIG_OUTPUT",
        "/etc/rancher/k3s/k3s.yaml",
        "o",
    ),
    _server("write-kubeconfig-mode", T, "Mode of the kubeconfig", "K3S_KUBECONFIG_MODE", "0600"),
    _server("write-kubeconfig-group", T, "Group that owns the kubeconfig", "K3S_KUBECONFIG_GROUP"),
    _server("datastore-endpoint", T, "Datastore; sqlite is the only one so far", "K3S_DATASTORE_ENDPOINT"),
    _server("etcd-snapshot-name", T, "What scheduled snapshots are called", default="etcd-snapshot"),
    _server("etcd-snapshot-schedule-cron", T, "When snapshots are taken, as for cron", default="0 */12 * * *"),
    _server("etcd-snapshot-retention", N, "How many scheduled snapshots stay", default="5"),
    _server("etcd-snapshot-dir", T, "Folder of snapshots (server/db/snapshots in the data folder)"),
    _server("etcd-snapshot-compress", S, "Pack snapshots"),
    _server("etcd-disable-snapshots", S, "Take no snapshots on a schedule"),
    _server("secrets-encryption", S, "Encrypt Secrets on the disk"),
    _server("secrets-encryption-provider", T, "How: aescbc, or aesgcm, which notices changes", default="aescbc"),
    _server("disable", L, "Packaged component not to deploy"),
    _server("disable-agent", S, "Run no agent on this server"),
    _server("disable-scheduler", S, "Run no scheduler"),
    _server("disable-controller-manager", S, "Run no controllers"),
    _server("disable-kube-proxy", S, "Run no service proxy"),
    _server("disable-cloud-controller", S, "Run no cloud controller (there is none)"),
    _server("disable-network-policy", S, "Run no network policy controller (there is none)"),
    _server("disable-helm-controller", S, "Run no Helm controller (there is none)"),
    _server("kube-apiserver-arg", L, "name=value for the API server"),
    _server("kube-controller-manager-arg", L, "name=value for the controllers"),
)

S3_FLAGS = (
    *("endpoint", "endpoint-ca", "skip-ssl-verify", "access-key", "secret-key", "session-token", "bucket", "region"),
    *("bucket-lookup-type", "folder", "proxy", "config-secret", "insecure", "timeout", "retention"),
)
NOT_YET = "it is not supported yet"
REFUSED: dict[str, tuple[tuple[str, Kind], ...]] = {
    "only the SQLite datastore is supported so far": (
        ("cluster-init", S),
        ("datastore-cafile", T),
        ("datastore-certfile", T),
        ("datastore-keyfile", T),
        ("disable-etcd", S),
        ("etcd-arg", L),
        ("etcd-expose-metrics", S),
    ),
    "a snapshot is restored with `k3s snapshot restore NAME` while the server is stopped": (
        ("cluster-reset", S),
        ("cluster-reset-restore-path", T),
    ),
    "snapshots are kept in a folder; copy them elsewhere with the tool of your choice": (
        ("etcd-s3", S),
        *((f"etcd-s3-{name}", T) for name in S3_FLAGS),
        ("etcd-snapshot-reconcile-interval", T),
    ),
    "the pod network is one bridge per node so far": (
        ("flannel-backend", T),
        ("flannel-ipv6-masq", S),
        ("flannel-external-ip", S),
        ("flannel-iface", T),
        ("flannel-conf", T),
        ("flannel-cni-conf", T),
        ("vpn-auth", T),
        ("vpn-auth-file", T),
    ),
    "log lines are not chosen by module: --debug or -v 1 shows all": (("vmodule", T),),
    "no image of the system is pulled: the pause image is made on the node, see --pause-image": (
        ("system-default-registry", T),
    ),
    "the scheduler has no arguments": (("kube-scheduler-arg", L),),
    "the service proxy has no arguments: it works by nftables alone": (("kube-proxy-arg", L),),
    "there is no such controller here": (
        ("kube-cloud-controller-manager-arg", L),
        ("helm-controller-arg", L),
        ("helm-job-image", T),
    ),
    NOT_YET: (
        ("servicelb-namespace", T),
        ("default-local-storage-path", T),
        ("disable-apiserver", S),
        ("embedded-registry", S),
        ("supervisor-metrics", S),
        ("enable-pprof", S),
        ("docker", S),
        ("image-credential-provider-bin-dir", T),
        ("image-credential-provider-config", T),
        ("selinux", S),
        ("rootless", S),
        ("prefer-bundled-bin", S),
    ),
}

FLAGS: tuple[Flag, ...] = SUPPORTED + tuple(
    Flag(name, kind, "", refused=reason) for reason, names in REFUSED.items() for name, kind in names
)
Named = dict[str, Flag]
ELSEWHERE = {
    ("server", SERVER): "joining further servers is not supported yet; join this host with `k3s agent`",
}
"""Why a command does not take a flag of the other one, where more is to be said than that."""


def by_name(flags: Iterable[Flag]) -> Named:
    """Flags by their long and short names."""
    listed = tuple(flags)
    return {flag.name: flag for flag in listed} | {flag.short: flag for flag in listed if flag.short}


def flags_of(command: str) -> tuple[Flag, ...]:
    """The flags of a command; those of the other one are refused in words."""
    return tuple(flag if command in flag.commands else _foreign(flag, command) for flag in FLAGS)


def _foreign(flag: Flag, command: str) -> Flag:
    why = ELSEWHERE.get((flag.name, command)) or f"it belongs to k3s {flag.commands[0]}"
    return flag._replace(refused=flag.refused or why)


BY_NAME = by_name(FLAGS)
