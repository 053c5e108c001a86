"""Composition of the node part: runtime, registration, pods, collection and the HTTPS server, in the order in which
they need each other.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from pyk3s.client import informer, recorder, resources, rest
from pyk3s.cri import runtime
from pyk3s.host import cgroups, machine
from pyk3s.lib import clock, tasks
from pyk3s.node import engine, objects, registration
from pyk3s.node.collecting.sweeper import Sweeper
from pyk3s.node.containers import naming
from pyk3s.node.containers.pulling import Images
from pyk3s.node.heartbeat import Heartbeat
from pyk3s.node.pods.manager import Pods
from pyk3s.node.pods.observer import Observer
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.pods.telling import Teller
from pyk3s.node.serving.server import KubeletServer
from pyk3s.node.settings import NodeSettings
from pyk3s.node.volumes.manager import Volumes
from pyk3s.node.volumes.tokens import Tokens
from pyk3s.node.volumes.watched import Watched
from pyk3s.pki import contexts, facts
from pyk3s.wire.http import server as http
from pyk3s.wire.http.messages import Request

ADMINISTRATORS = "system:masters"


async def run(
    client: rest.Client,
    settings: NodeSettings,
    *,
    time: clock.Clock | None = None,
    ready: Callable[[], None] = lambda: None,
    live: contexts.Contexts | None = None,
) -> None:
    """Be the node until cancelled; `ready` is called once the node is registered and takes pods. Containers stay when
    this ends. Whoever gives `live` renews certificates with it.
    """
    time = time or clock.SystemClock()
    groups = cgroups.detect()
    settings.pods_dir.mkdir(parents=True, exist_ok=True)
    async with tasks.TaskOwner("node") as owner:
        running = await engine.start(settings, groups, owner, time)
        parts = _compose(client, settings, groups, running, owner, time)
        owner.start(parts.events.run(), "events")
        owner.start(parts.services.run(), "services")
        await parts.heartbeat.register()
        owner.start(parts.source.run(), "pods-informer")
        owner.start(parts.heartbeat.run_lease(), "lease")
        owner.start(parts.heartbeat.run_status(), "status")
        await parts.services.synced()
        owner.start(parts.pods.run(), "pods")
        owner.start(engine.watch_ends(running, parts.pods.container_ended, parts.pods.relist, time), "runtime-events")
        owner.start(parts.sweeper.run(), "sweeper")
        server = await _serve(parts, settings, live or contexts.Contexts())
        ready()
        try:
            await owner.run()
        finally:
            if server is not None:
                await server.close()
            await running.cri.close()


@dataclass(frozen=True, slots=True)
class _Parts:
    events: recorder.EventRecorder
    services: "informer.Informer[objects.Service]"
    source: "informer.Informer[objects.Pod]"
    heartbeat: Heartbeat
    pods: Pods
    sweeper: Sweeper
    node: NodeServices


def _compose(
    client: rest.Client,
    settings: NodeSettings,
    groups: cgroups.Groups,
    running: engine.Engine,
    owner: tasks.TaskOwner,
    time: clock.Clock,
) -> _Parts:
    facts = machine.read()
    events = recorder.EventRecorder(client, "kubelet", host=settings.node_name)
    services: informer.Informer[objects.Service] = informer.Informer(client, resources.SERVICES, objects.Service)
    source: informer.Informer[objects.Pod] = informer.Informer(
        client, resources.PODS, objects.Pod, field_selector=f"spec.nodeName={settings.node_name}"
    )
    pods: Pods  # made last: what it is made of calls back into it
    watched = Watched(client, owner, lambda uid: pods.content_changed(uid))
    node = NodeServices(
        settings=settings,
        client=client,
        cri=running.cri,
        observer=Observer(running.cri),
        volumes=Volumes(settings.pods_dir, watched, Tokens(client, time)),
        images=Images(running.cri, time),
        teller=Teller(events),
        groups=groups,
        time=time,
        tasks=owner,
        names=lambda: _names(settings),
        services=lambda: _listed(services),
        allocatable=registration.capacity(settings, _facts_of(settings, facts, running.name), allocatable=True),
        host_ips=(settings.node_ip,),
        hostname=registration.hostname(settings),
        machine_memory=facts.memory,
    )
    pods = Pods(node, source, owner)
    root = settings.agent_dir if running.own else settings.kubelet_dir
    sweeper = Sweeper(node, root, running.pinned)
    heartbeat = Heartbeat(client, settings, _asked_facts(settings, facts, running, sweeper), time)
    return _Parts(events, services, source, heartbeat, pods, sweeper, node)


def _names(settings: NodeSettings) -> naming.ClusterNames:
    return naming.ClusterNames(
        settings.cluster_dns, settings.cluster_domain, naming.read_resolver(settings.resolv_conf)
    )


def _listed(services: "informer.Informer[objects.Service]") -> Iterable[objects.Service]:
    return list(services.store.values())


def _facts_of(settings: NodeSettings, held: machine.Machine, name: str) -> registration.Facts:
    size, _ = machine.disk(settings.kubelet_dir)
    return registration.Facts(held, size, name, runtime_ready=False, network_ready=False)


def _asked_facts(
    settings: NodeSettings, held: machine.Machine, running: engine.Engine, sweeper: Sweeper
) -> Callable[[], Awaitable[registration.Facts]]:
    async def ask() -> registration.Facts:
        size, _ = machine.disk(settings.kubelet_dir)
        try:
            told = await running.cri.status()
            listed = tuple(await running.cri.images())
        except runtime.CriError as error:
            why = f"container runtime is down: {error}"
            return registration.Facts(held, size, running.name, False, False, why, sweeper.disk_full)
        states = {name: bool((told.get(name) or {}).get("status")) for name in ("RuntimeReady", "NetworkReady")}
        why = "; ".join(
            f"container runtime {name} is false: {(told.get(name) or {}).get('message', '')}"
            for name, value in states.items()
            if not value
        )
        return registration.Facts(
            held, size, running.name, states["RuntimeReady"], states["NetworkReady"], why, sweeper.disk_full, listed
        )

    return ask


async def _serve(parts: _Parts, settings: NodeSettings, live: contexts.Contexts) -> http.Server | None:
    """The HTTPS server, where there is a certificate for it."""
    if settings.serving_certificate is None or settings.serving_key is None or settings.client_ca is None:
        return None
    pair = contexts.Pair(settings.serving_certificate, settings.serving_key)
    context = live.server(pair, (settings.client_ca,))  # who may ask: `authorized`
    kubelet = KubeletServer(parts.node, parts.pods, _authorized)
    return await http.serve(
        kubelet.handle, host=settings.kubelet_address, port=settings.kubelet_port, ssl_context=context
    )


def _authorized(request: Request) -> bool:
    """Whether the caller is the API server or an administrator: nodes and other users go through the API."""
    der = request.peer.certificate_der
    if der is None:
        return False
    try:
        return ADMINISTRATORS in facts.read(der).organisations
    except facts.CertificateError:
        return False
