"""`k3s server`: flags to settings, settings to the server role."""

import os
import platform
from collections.abc import Sequence

from pyk3s.cli import terminal
from pyk3s.config import settings


def run(arguments: Sequence[str]) -> int:
    """Runs until it is told to stop."""
    if set(arguments) & {"--help", "-h"}:
        terminal.say("Flags of k3s server:\n" + settings.flag_help())
        return 0
    chosen = settings.server_settings(arguments, os.environ, platform.node())
    from pyk3s.roles import server  # help and bad flags are answered without loading the server

    return server.run(chosen)
