"""The `agent` process of a host that has no server: joins, keeps the way to the servers, and is the node."""

import dataclasses
import functools
from collections.abc import Callable, Iterable

import msgspec

from pyk3s import version
from pyk3s.client import informer, resources, rest
from pyk3s.client.objects import Identity
from pyk3s.config.settings import AgentSettings
from pyk3s.joining.agent import balancer, certificates, joining, tunnels
from pyk3s.lib import clock, log, tasks
from pyk3s.lib.failure import Failure
from pyk3s.pki import contexts, tokens
from pyk3s.roles import agent_process, hosting, node_identity, process, provisioning

RENEWAL_CHECK_S = 3600.0
ADDRESS_S = 5.0  # how often the host's own address is looked at
NAMESPACE, SELECTOR = "default", "kubernetes.io/service-name=kubernetes"

_log = log.get_logger("agent")


class _Endpoint(msgspec.Struct):
    addresses: list[str] = []


class _Port(msgspec.Struct):
    port: int = 0


class _Slice(msgspec.Struct):
    metadata: Identity
    endpoints: list[_Endpoint] | None = None
    ports: list[_Port] | None = None


def main(settings: AgentSettings, ready: Callable[[], None]) -> None:
    """Runs until told to stop, or until this host has another address: then it returns, to be started afresh."""
    process.run(functools.partial(_be_member, settings, ready, clock.SystemClock()))


async def _be_member(settings: AgentSettings, ready: Callable[[], None], time: clock.Clock) -> None:
    address = provisioning.node_address(settings)
    wish = _wish(settings, address)
    told = await joining.join(wish, time)
    ways = balancer.Balancer(settings.server, settings.balancer_port, settings.paths.agent, time)
    url = f"https://127.0.0.1:{settings.balancer_port}" if settings.balanced else settings.server
    site = agent_process.Site(settings, address, url, told)
    async with tasks.TaskOwner("member") as owner:
        if settings.balanced:
            owner.start(ways.run(), "balancer")
        owner.start(_follow_servers(site.client("client-kube-proxy"), ways, _tunnels(site, ways, owner, time)), "ways")
        owner.start(_renew_certificates(wish, ways, site, time), "renewal")
        owner.start(agent_process.run(site, ready), "node")
        watching = owner.start(_until_moved(settings, address, time), "address")
        owner.start(owner.run(), "failure")
        await watching


def _wish(settings: AgentSettings, address: str) -> joining.Wish:
    if not settings.server:
        raise Failure("--server is missing", remedy="give the address of a server, https://HOST:6443, or set K3S_URL")
    try:
        token = tokens.parse(settings.token) if settings.token else None
    except ValueError as error:
        raise Failure("--token is refused", remedy=str(error)) from error
    known = [f"https://{each}" for each in balancer.kept(settings.paths.agent)]
    addresses = (address, *settings.node_external_ips)
    node = certificates.Node(settings.node_name, addresses, node_identity.password(settings.paths.node_identity))
    urls = tuple(dict.fromkeys((settings.server, *known)))
    return joining.Wish(urls, token, node, settings.paths.agent, version.GIT_VERSION)


def _tunnels(
    site: agent_process.Site, ways: balancer.Balancer, owner: tasks.TaskOwner, time: clock.Clock
) -> Callable[[Iterable[str]], None]:
    """What to tell of servers that there must be a tunnel to."""
    if site.cluster.egress_mode != "agent":
        return lambda addresses: None
    agent = site.settings.paths.agent
    tls = site.live.client(agent / "server-ca.crt", contexts.Pair(agent / "client-kubelet.crt"))
    made = tunnels.AgentTunnels(tls, hosting.KUBELET[1], ways.suspect, time)
    owner.start(made.run(), "tunnels")
    return made.lead_to


async def _follow_servers(
    client: rest.Client, ways: balancer.Balancer, lead_to: Callable[[Iterable[str]], None]
) -> None:
    """Keep balancer and tunnels up to date with the cluster's servers."""
    lead_to(ways.servers.addresses)
    slices: informer.Informer[_Slice] = informer.Informer(
        client, resources.ENDPOINT_SLICES, _Slice, namespace=NAMESPACE, label_selector=SELECTOR
    )

    def changed(_old: _Slice | None, _new: _Slice | None) -> None:
        ways.learn(_addresses(slices.store.values()))
        lead_to(ways.servers.addresses)

    slices.on_change(changed)
    await slices.run()


def _addresses(slices: Iterable[_Slice]) -> list[str]:
    return sorted(
        f"[{host}]:{port.port}" if ":" in host else f"{host}:{port.port}"
        for each in slices
        for endpoint in each.endpoints or ()
        for host in endpoint.addresses
        for port in each.ports or ()
    )


async def _renew_certificates(
    wish: joining.Wish, ways: balancer.Balancer, site: agent_process.Site, time: clock.Clock
) -> None:
    """Look every hour, because a clock that is set right may jump; what cannot be renewed now is tried at the next."""
    while True:
        await time.sleep(RENEWAL_CHECK_S)
        if not joining.is_due(wish.folder, time.time()):
            continue
        known = tuple(f"https://{each}" for each in ways.servers.addresses)
        try:
            await joining.renew(dataclasses.replace(wish, urls=known), time)
        except Failure as failure:
            _log.error("certificates are due but cannot be renewed yet", reason=failure)
        else:
            site.live.look()


async def _until_moved(settings: AgentSettings, address: str, time: clock.Clock) -> None:
    """Returns when this host's address has changed for good: seen twice, and not lost altogether."""
    before = address
    while True:
        await time.sleep(ADDRESS_S)
        now = provisioning.node_address(settings)
        if now == before != address and now != provisioning.NO_ADDRESS:
            _log.info("this host has another address, starting afresh", before=address, now=now)
            return
        before = now
