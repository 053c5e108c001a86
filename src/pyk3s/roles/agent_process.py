"""The `agent` process: pod network, cluster DNS, kubelet and service proxy of one node."""

import ipaddress
import pathlib
from collections.abc import Callable

from pyk3s import version
from pyk3s.config.settings import ServerSettings
from pyk3s.cri import images
from pyk3s.dns import run as dns
from pyk3s.dns.settings import DnsSettings
from pyk3s.lib import clock, tasks
from pyk3s.network import run as network
from pyk3s.network.settings import NetworkSettings
from pyk3s.node import run as node
from pyk3s.node.settings import NodeSettings
from pyk3s.pki import contexts
from pyk3s.proxy import run as proxy
from pyk3s.proxy.settings import ProxySettings
from pyk3s.roles import connection, preflight, process, provisioning

CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": "true"}


def main(settings: ServerSettings, address: str, ready: Callable[[], None]) -> None:
    """Runs until told to stop. The node is started once the API answers; pods of an earlier run go on meanwhile."""

    async def work() -> None:
        url, agent = provisioning.local_url(settings), settings.paths.agent
        live = contexts.Contexts()
        kubelet = connection.connect(url, agent / "server-ca.crt", agent / "client-kubelet.crt", live)
        controller = connection.connect(url, agent / "server-ca.crt", agent / "client-k3s-controller.crt", live)
        await connection.until_ready(kubelet, clock.SystemClock())
        async with tasks.TaskOwner("agent") as owner:
            owner.start(live.run(clock.SystemClock()), "certificates")
            owner.start(network.run(controller, _network_settings(settings, address)), "network")
            if "coredns" not in settings.disable:
                owner.start(dns.run(controller, _dns_settings(settings)), "dns")
            owner.start(node.run(kubelet, _node_settings(settings, address), ready=ready, live=live), "node")
            if settings.proxy:
                client = connection.connect(url, agent / "server-ca.crt", agent / "client-kube-proxy.crt", live)
                owner.start(proxy.run(client, _proxy_settings(settings)), "proxy")
            await owner.run()

    process.run(work)


def _network_settings(settings: ServerSettings, address: str) -> NetworkSettings:
    own_dns = "coredns" not in settings.disable
    return NetworkSettings(
        node_name=settings.node_name,
        node_ip=address,
        cni_dir=settings.paths.agent / "etc/cni/net.d",
        addresses_dir=settings.paths.run / "cni",
        cluster_cidr=str(settings.cluster_cidr),
        service_cidr=str(settings.service_cidr),
        dns_addresses=(settings.cluster_dns,) if own_dns else (),
    )


def _dns_settings(settings: ServerSettings) -> DnsSettings:
    return DnsSettings(
        addresses=(settings.cluster_dns,), domain=settings.cluster_domain, resolv_conf=_resolv_conf(settings)
    )


def _proxy_settings(settings: ServerSettings) -> ProxySettings:
    own_dns = "coredns" not in settings.disable
    return ProxySettings(
        node_name=settings.node_name,
        cluster_cidr=str(settings.cluster_cidr),
        local_addresses=frozenset({settings.cluster_dns} if own_dns else ()),
    )


def _node_settings(settings: ServerSettings, address: str) -> NodeSettings:
    agent = settings.paths.agent
    return NodeSettings(
        node_name=settings.node_name,
        node_ip=address,
        data_dir=settings.paths.data,
        run_dir=settings.paths.run,
        kubelet_dir=settings.paths.kubelet,
        pod_log_dir=settings.paths.pod_logs,
        external_ips=settings.node_external_ips,
        serving_certificate=agent / "serving-kubelet.crt",
        serving_key=agent / "serving-kubelet.key",
        client_ca=agent / "client-ca.crt",
        cluster_dns=settings.cluster_dns,
        cluster_domain=settings.cluster_domain,
        resolv_conf=_resolv_conf(settings),
        container_runtime_endpoint=settings.container_runtime_endpoint,
        pause_image=settings.pause_image or images.PAUSE_IMAGE,
        snapshotter=settings.snapshotter,
        cni_bin_dir=preflight.plugin_folder(),
        labels=CONTROL_PLANE | dict(pair.split("=", 1) for pair in settings.node_labels),
        taints=settings.node_taints,
        version=version.GIT_VERSION,
    )


def _resolv_conf(settings: ServerSettings) -> pathlib.Path:
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
