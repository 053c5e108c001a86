"""The `control` process: scheduler, controllers and add-ons, each speaking to the API as itself."""

from collections.abc import Callable

from pyk3s.addons import cluster_dns
from pyk3s.config.settings import ServerSettings
from pyk3s.controllers import manager
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import clock, tasks
from pyk3s.pki import contexts
from pyk3s.roles import connection, process, provisioning, signing
from pyk3s.scheduler import run as scheduler


def main(settings: ServerSettings, address: str, ready: Callable[[], None]) -> None:
    """Runs until told to stop."""

    async def work() -> None:
        url, tls = provisioning.local_url(settings), settings.paths.tls
        live = contexts.Contexts()
        supervisor = connection.connect(url, tls / "server-ca.crt", tls / "client-supervisor.crt", live)
        await connection.until_ready(supervisor, clock.SystemClock())
        async with tasks.TaskOwner("control") as owner:
            owner.start(live.run(clock.SystemClock()), "certificates")
            if "coredns" not in settings.disable:
                await cluster_dns.ensure(supervisor, settings.cluster_dns)
            if settings.controllers:
                client = connection.connect(url, tls / "server-ca.crt", tls / "client-controller.crt", live)
                signer = signing.ShortLivedSigner(tls)
                owner.start(manager.run(client, _controller_settings(settings), signer=signer), "controllers")
            if settings.scheduler:
                client = connection.connect(url, tls / "server-ca.crt", tls / "client-scheduler.crt", live)
                owner.start(scheduler.run(client), "scheduler")
            ready()
            await owner.run()

    process.run(work)


def _controller_settings(settings: ServerSettings) -> ControllerSettings:
    return ControllerSettings(
        cluster_ca_pem=(settings.paths.tls / "server-ca.crt").read_text(),
        cluster_cidrs=(str(settings.cluster_cidr),),
        control_plane_nodes=frozenset({settings.node_name}),
        **settings.controller_arguments,
    )
