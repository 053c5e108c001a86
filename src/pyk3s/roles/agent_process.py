"""The `agent` process: pod network, cluster DNS, kubelet and service proxy of one node."""

import ipaddress
import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field

from pyk3s import version
from pyk3s.client import rest
from pyk3s.config.settings import HostSettings, ServerSettings
from pyk3s.cri import images
from pyk3s.dns import run as dns
from pyk3s.dns.settings import DnsSettings
from pyk3s.joining import protocol
from pyk3s.lib import clock, tasks
from pyk3s.network import run as network
from pyk3s.network.settings import NetworkSettings
from pyk3s.node import run as node
from pyk3s.node.settings import CollectionSettings, NodeSettings
from pyk3s.pki import contexts
from pyk3s.proxy import run as proxy
from pyk3s.proxy.settings import ProxySettings
from pyk3s.roles import cluster, connection, preflight, process, provisioning, registries


def main(settings: ServerSettings, address: str, ready: Callable[[], None]) -> None:
    """Beside a server: runs until told to stop. The node is started once the API answers; pods of an earlier run go on
    meanwhile.
    """
    site = Site(settings, address, provisioning.local_url(settings), cluster.config(settings))
    process.run(lambda: run(site, ready))


@dataclass(frozen=True)
class Site:
    """One node: what this host was told, where it finds the API, and what the cluster is like."""

    settings: HostSettings
    address: str
    url: str
    cluster: protocol.ClusterConfig
    live: contexts.Contexts = field(default_factory=contexts.Contexts)

    def client(self, name: str) -> rest.Client:
        """A client of the API that shows one of the agent's certificates."""
        agent = self.settings.paths.agent
        return connection.connect(self.url, agent / "server-ca.crt", agent / f"{name}.crt", self.live)


async def run(site: Site, ready: Callable[[], None]) -> None:
    """Be the node until cancelled."""
    kubelet, controller = site.client("client-kubelet"), site.client("client-k3s-controller")
    await connection.until_ready(kubelet, clock.SystemClock())
    async with tasks.TaskOwner("agent") as owner:
        owner.start(site.live.run(clock.SystemClock()), "certificates")
        owner.start(network.run(controller, _network_settings(site)), "network")
        if site.cluster.own_dns:
            owner.start(dns.run(controller, _dns_settings(site)), "dns")
        owner.start(node.run(kubelet, _node_settings(site), ready=ready, live=site.live), "node")
        if site.cluster.proxy:
            owner.start(proxy.run(site.client("client-kube-proxy"), _proxy_settings(site)), "proxy")
        await owner.run()


def _network_settings(site: Site) -> NetworkSettings:
    settings, told = site.settings, site.cluster
    return NetworkSettings(
        node_name=settings.node_name,
        node_ip=site.address,
        cni_dir=settings.paths.agent / "etc/cni/net.d",
        addresses_dir=settings.paths.run / "cni",
        cluster_cidr=told.cluster_cidr,
        service_cidr=told.service_cidr,
        dns_addresses=(told.cluster_dns,) if told.own_dns else (),
    )


def _dns_settings(site: Site) -> DnsSettings:
    told = site.cluster
    return DnsSettings(
        addresses=(told.cluster_dns,), domain=told.cluster_domain, resolv_conf=_resolv_conf(site.settings)
    )


def _proxy_settings(site: Site) -> ProxySettings:
    told = site.cluster
    return ProxySettings(
        node_name=site.settings.node_name,
        cluster_cidr=told.cluster_cidr,
        local_addresses=frozenset({told.cluster_dns} if told.own_dns else ()),
    )


def _node_settings(site: Site) -> NodeSettings:
    settings = site.settings
    agent = settings.paths.agent
    return NodeSettings(
        node_name=settings.node_name,
        node_ip=site.address,
        data_dir=settings.paths.data,
        run_dir=settings.paths.run,
        kubelet_dir=settings.paths.kubelet,
        pod_log_dir=settings.paths.pod_logs,
        external_ips=settings.node_external_ips,
        internal_dns=settings.node_internal_dns,
        external_dns=settings.node_external_dns,
        registries=registries.read(
            settings.private_registry,
            default_endpoint=settings.default_registry_endpoint,
            asked=settings.registries_wanted,
        ),
        nonroot_devices=settings.nonroot_devices,
        image_service_endpoint=settings.image_service_endpoint,
        serving_certificate=agent / "serving-kubelet.crt",
        serving_key=agent / "serving-kubelet.key",
        client_ca=agent / "client-ca.crt",
        cluster_dns=site.cluster.cluster_dns,
        cluster_domain=site.cluster.cluster_domain,
        resolv_conf=_resolv_conf(settings),
        container_runtime_endpoint=settings.container_runtime_endpoint,
        pause_image=settings.pause_image or images.PAUSE_IMAGE,
        snapshotter=settings.snapshotter,
        cni_bin_dir=preflight.plugin_folder(),
        labels=dict(pair.split("=", 1) for pair in settings.node_labels),
        taints=settings.node_taints,
        version=version.GIT_VERSION,
        collection=CollectionSettings(**settings.collection),
        **settings.kubelet,
    )


def _resolv_conf(settings: HostSettings) -> pathlib.Path:
    """As set; else the host's, unless that only points to a local stub, whose own upstream file is taken then."""
    if settings.resolv_conf:
        return pathlib.Path(settings.resolv_conf)
    for path in (pathlib.Path("/etc/resolv.conf"), pathlib.Path("/run/systemd/resolve/resolv.conf")):
        if path.exists() and not _is_stub(path.read_text(errors="replace")):
            return path
    return pathlib.Path("/etc/resolv.conf")


def _is_stub(text: str) -> bool:
    servers = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver") and len(line.split()) > 1]
    return bool(servers) and all(_is_loopback(server) for server in servers)


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False
