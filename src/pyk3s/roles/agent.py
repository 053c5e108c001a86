"""The agent: checks the host, then keeps its one process running."""

import importlib
import os
import pathlib
from collections.abc import Callable

from pyk3s.config.settings import AgentSettings
from pyk3s.roles import hosting, node_identity, preflight
from pyk3s.roles.supervisor import Child, supervise


def run(settings: AgentSettings) -> int:
    """Runs until told to stop; returns the exit status. Raises Failure, before making anything, on an unfit host."""
    os.environ["PATH"] = preflight.SEARCH_PATH  # what was found there must be found again when it is run
    _check_host(settings)
    preflight.hold(settings.paths.agent)
    hosting.open_log(settings)
    named = node_identity.named(settings)

    def main(ready: Callable[[], None]) -> None:
        importlib.import_module("pyk3s.roles.membership").main(named, ready)

    return supervise([Child("agent", main, tells_ready=True)])


def _check_host(settings: AgentSettings) -> None:
    hosting.check_node(settings)
    if settings.balanced:
        preflight.require_free_port(
            "127.0.0.1", settings.balancer_port, way_out="choose another port with --lb-server-port"
        )
    if settings.log:
        preflight.require_place(pathlib.Path(settings.log), flag="log")
    preflight.require_writable(settings.paths.agent)
