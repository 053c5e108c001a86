"""The server: checks the host, provides identity, then keeps its three processes running."""

import importlib
import os
from collections.abc import Callable

from pyk3s.config.settings import ServerSettings
from pyk3s.lib import log
from pyk3s.roles import preflight, provisioning
from pyk3s.roles.supervisor import Child, supervise

# What more than one process uses, imported before the first fork so that its pages are shared.
SHARED = ("asyncio", "ssl", "uvloop", "httptools", "msgspec", "pyk3s.client.informer", "pyk3s.wire.http.client")
AGENT_PROGRAMS = ("containerd", "runc", "nft", "ip", "mount")


def run(settings: ServerSettings) -> int:
    """Runs until told to stop; returns the exit status. Raises Failure, before making anything, on an unfit host."""
    _open_log(settings)
    _check_host(settings)
    address = provisioning.node_address(settings)
    provisioning.provision(settings, address)
    for name in SHARED:
        importlib.import_module(name)
    return supervise(_children(settings, address))


def _open_log(settings: ServerSettings) -> None:
    stream = open(settings.log, "a", encoding="utf-8") if settings.log else None  # noqa: SIM115, PTH123 - for life
    log.configure(debug=settings.debug, stream=stream)


def _check_host(settings: ServerSettings) -> None:
    if settings.agent:
        preflight.require_root(os.geteuid())
        preflight.require_programs(_needed(settings), preflight.find_program)
    preflight.require_free_port(settings.bind_address, settings.port)
    preflight.require_writable(settings.paths.server)


def _needed(settings: ServerSettings) -> list[str]:
    """containerd and runc are another's business when a runtime is given; catatonit makes the pause image."""
    needed = list(AGENT_PROGRAMS)
    if settings.container_runtime_endpoint:
        needed = [name for name in needed if name not in ("containerd", "runc")]
    elif not settings.pause_image:
        needed.append("catatonit")
    return needed


def _children(settings: ServerSettings, address: str) -> list[Child]:
    children = [Child("apiserver", _main("api_process", settings, address), tells_ready=not settings.agent)]
    if settings.controllers or settings.scheduler:
        children.append(Child("control", _main("control_process", settings, address)))
    if settings.agent:
        children.append(Child("agent", _main("agent_process", settings, address), tells_ready=True))
    return children


def _main(module: str, settings: ServerSettings, address: str) -> Callable[[Callable[[], None]], None]:
    """The main function of a process, whose own modules are imported only in that process."""

    def main(ready: Callable[[], None]) -> None:
        importlib.import_module(f"pyk3s.roles.{module}").main(settings, address, ready)

    return main
