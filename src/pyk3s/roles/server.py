"""The server: checks the host, provides identity, then keeps its processes running."""

import importlib
import os
import pathlib
import socket
import time
from collections.abc import Callable

from pyk3s.config.settings import ServerSettings
from pyk3s.datastore.open import begin
from pyk3s.roles import hosting, node_identity, preflight, provisioning
from pyk3s.roles.supervisor import Child, Chore, supervise

# What more than one process uses, imported before the first fork so that its pages are shared.
SHARED = ("asyncio", "ssl", "uvloop", "httptools", "msgspec", "pyk3s.client.informer", "pyk3s.wire.http.client")
DNS_PORT = 53
RENEWAL_CHECK_S = 60.0


def run(settings: ServerSettings) -> int:
    """Runs until told to stop; returns the exit status. Raises Failure, before making anything, on an unfit host."""
    os.environ["PATH"] = preflight.SEARCH_PATH  # what was found there must be found again when it is run
    _check_host(settings)
    preflight.hold(settings.paths.server)
    hosting.open_log(settings)
    settings = node_identity.named(settings)
    address = provisioning.node_address(settings)
    provisioning.provision(settings, address)
    for name in SHARED:
        importlib.import_module(name)
    return supervise(_children(settings, address), [_renewal(settings, address)])


def _check_host(settings: ServerSettings) -> None:
    if settings.agent:
        hosting.check_node(settings)
    _check_ports(settings)
    preflight.require_place(settings.kubeconfig, flag="write-kubeconfig")
    if settings.log:
        preflight.require_place(pathlib.Path(settings.log), flag="log")
    preflight.require_writable(settings.paths.server)


def _check_ports(settings: ServerSettings) -> None:
    preflight.require_free_port(
        settings.bind_address, settings.port, way_out="choose another port with --https-listen-port"
    )
    if settings.agent and "coredns" not in settings.disable:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            preflight.require_free_port(
                settings.cluster_dns, DNS_PORT, way_out="make it leave this address", kind=kind, may_come=True
            )


def _children(settings: ServerSettings, address: str) -> list[Child]:
    children = [Child("apiserver", _api_main(settings, address), tells_ready=not settings.agent)]
    if settings.controllers or settings.scheduler:
        children.append(Child("control", _main("control_process", settings, address)))
    if settings.agent:
        children.append(Child("agent", _main("agent_process", settings, address), tells_ready=True))
    return children


def _renewal(settings: ServerSettings, address: str) -> Chore:
    """Renews certificates while everything runs; the processes see the new files by themselves. Looked at every minute,
    because a clock that is set right may jump by years.
    """

    def work() -> None:
        if provisioning.due(settings, time.time()):
            provisioning.renew(settings, address)

    return Chore("renew certificates", RENEWAL_CHECK_S, work)


def _main(module: str, settings: ServerSettings, address: str) -> Callable[[Callable[[], None]], None]:
    """The main function of a process, whose own modules are imported only in that process."""

    def main(ready: Callable[[], None]) -> None:
        importlib.import_module(f"pyk3s.roles.{module}").main(settings, address, ready)

    return main


def _api_main(settings: ServerSettings, address: str) -> Callable[[Callable[[], None]], None]:
    """The same for the API server, whose datastore's process is forked first and so shares what all share."""

    def main(ready: Callable[[], None]) -> None:
        opening = begin(settings.datastore)
        importlib.import_module("pyk3s.roles.api_process").main(settings, address, opening, ready)

    return main
