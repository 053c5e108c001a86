"""Runs the pod network of a node: forwarding, the link that holds the DNS address, CNI configuration once the node has
its pod network, masquerading.

Everything here may be done again at any time with the same result, so a restart needs no memory of what was done.
"""

import msgspec

from pyk3s.client import informer, resources, rest
from pyk3s.client.objects import Identity
from pyk3s.host import links, nft, sysctl
from pyk3s.lib import files, log, tasks
from pyk3s.network import cni, masquerade
from pyk3s.network.settings import NetworkSettings

SERVICES_LINK = "k3s-services"

_log = log.get_logger("network")


class _NodeSpec(msgspec.Struct, rename="camel"):
    pod_cidr: str = msgspec.field(name="podCIDR", default="")


class _Node(msgspec.Struct, rename="camel"):
    metadata: Identity
    spec: _NodeSpec = msgspec.field(default_factory=_NodeSpec)


class Network:
    """The pod network of one node."""

    def __init__(self, client: rest.Client, settings: NetworkSettings):
        self._settings = settings
        selector = f"metadata.name={settings.node_name}"
        self._node: informer.Informer[_Node] = informer.Informer(
            client, resources.NODES, _Node, field_selector=selector
        )
        self._pod_cidr = ""

    async def run(self) -> None:
        """Until cancelled. The DNS address is there before the API is asked for anything."""
        filtered = await prepare_kernel()
        await self._hold_service_addresses()
        async with tasks.TaskOwner("network") as owner:

            def changed(_: _Node | None, node: _Node | None) -> None:
                if node is not None and node.spec.pod_cidr not in ("", self._pod_cidr):
                    self._pod_cidr = node.spec.pod_cidr
                    owner.start(self._configure(self._pod_cidr, filtered), f"configure {self._pod_cidr}")

            self._node.on_change(changed)
            owner.start(self._node.run(), "node")
            await owner.run()

    async def _hold_service_addresses(self) -> None:
        """A link of our own that holds the DNS address, and the way to service addresses for the host itself.

        The route matters on a host without a default route: without any route the kernel refuses to send before the
        proxy's rules are asked.
        """
        settings = self._settings
        await links.ensure_address_holder(SERVICES_LINK, settings.dns_addresses)
        await links.ensure_route(settings.service_cidr, SERVICES_LINK, settings.node_ip)

    async def _configure(self, pod_cidr: str, filtered: bool) -> None:
        settings = self._settings
        for folder in (settings.cni_dir, settings.addresses_dir):
            folder.mkdir(parents=True, exist_ok=True)
        await nft.apply(masquerade.rules(pod_cidr, settings.cluster_cidr, cni.BRIDGE, bridge_is_filtered=filtered))
        files.write_atomic(settings.cni_dir / cni.FILE, cni.conflist(pod_cidr, settings.addresses_dir))
        _log.info("pod network configured", cidr=pod_cidr)


async def prepare_kernel() -> bool:
    """Switch forwarding on; returns whether the kernel passes bridged packets through its filters."""
    sysctl.write("net/ipv4/ip_forward", "1")
    if not sysctl.exists("net/bridge/bridge-nf-call-iptables"):
        await links.load_module("br_netfilter")
    if not sysctl.exists("net/bridge/bridge-nf-call-iptables"):
        _log.info("bridge filtering is not in this kernel, pods of this node meet services under its address")
        return False
    sysctl.write("net/bridge/bridge-nf-call-iptables", "1")
    return True


async def run(client: rest.Client, settings: NetworkSettings) -> None:
    """Keep the pod network of this node until cancelled."""
    await Network(client, settings).run()
