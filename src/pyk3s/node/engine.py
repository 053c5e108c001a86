"""The container runtime of this node: our own containerd, or somebody else's by its socket; and the news it brings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pyk3s.cri import images, runtime
from pyk3s.cri.containerd import config, events, importing, process
from pyk3s.host import cgroups, processes
from pyk3s.lib import backoff, clock, files, log, tasks
from pyk3s.node.settings import NodeSettings
from pyk3s.wire import grpc

RELIST_WITHOUT_EVENTS_SECONDS = 1.0  # of a runtime that tells nothing

_log = log.get_logger("runtime")


@dataclass(frozen=True, slots=True)
class Engine:
    """A runtime that answers. `own` is the containerd that we run, if we do."""

    cri: runtime.Runtime
    news: grpc.Channel | None
    own: process.Containerd | None
    importer: importing.Importer | None
    name: str  # such as containerd://1.6.20

    async def pinned(self) -> set[str]:
        """Images that must stay."""
        return await self.importer.pinned() if self.importer else set()


async def start(settings: NodeSettings, groups: cgroups.Groups, owner: tasks.TaskOwner, time: clock.Clock) -> Engine:
    """Bring the runtime up, with the pause image in it; raises Failure, CriError."""
    if settings.container_runtime_endpoint:
        _tell_crictl(settings, settings.container_runtime_endpoint)
        elsewhere = settings.image_service_endpoint
        cri = runtime.Runtime(
            grpc.Channel(settings.container_runtime_endpoint), grpc.Channel(elsewhere) if elsewhere else None
        )
        return Engine(cri, None, None, None, await _name(cri))
    layout = config.Layout(settings.agent_dir, settings.run_dir, settings.cni_dir, settings.cni_bin_dir)
    options = config.Options(settings.pause_image, settings.registries, settings.nonroot_devices)
    own = process.Containerd(layout, config.detect(groups, settings.snapshotter), options, time=time)
    await own.start()
    _tell_crictl(settings, str(layout.socket))
    owner.start(own.supervise(), "containerd")
    importer = importing.Importer(layout.socket, unpack_in=layout.root)
    if settings.pause_image == images.PAUSE_IMAGE:
        await importer.ensure(images.pause_recipe())
    owner.start(_import(importer, layout), "import")
    cri = runtime.Runtime(grpc.Channel(str(layout.socket)))
    return Engine(cri, grpc.Channel(str(layout.socket)), own, importer, await _name(cri))


def _tell_crictl(settings: NodeSettings, socket: str) -> None:
    """Write where crictl finds this runtime."""
    target = settings.agent_dir / "etc/crictl.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomic(target, f"runtime-endpoint: unix://{socket.removeprefix('unix://')}\n".encode())


async def _import(importer: importing.Importer, layout: config.Layout) -> None:
    try:
        await importer.import_folder(layout.images)
    except processes.CommandFailed as error:
        _log.error("images cannot be imported", folder=layout.images, error=error)


async def _name(cri: runtime.Runtime) -> str:
    told = await cri.version()
    return f"{told.get('runtime_name', '')}://{told.get('runtime_version', '')}"


async def watch_ends(
    engine: Engine,
    ended: Callable[[str], Awaitable[None]],
    relist: Callable[[], Awaitable[None]],
    time: clock.Clock,
) -> None:
    """Tell `ended` of every container that ends, until cancelled; `relist` after a gap, or again and again without
    events.
    """
    if engine.news is None:
        while True:
            await time.sleep(RELIST_WITHOUT_EVENTS_SECONDS)
            await relist()
    delays = backoff.Backoff(0.2, 5.0)
    while True:
        try:
            async for container_id in events.ended_containers(engine.news):
                delays.reset()
                await ended(container_id)
        except grpc.GrpcError as error:
            _log.warning("the runtime's events broke off", error=error)
        await time.sleep(delays.next())
        await relist()
