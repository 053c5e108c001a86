"""`k3s server`: flags to settings, settings to the server role."""

import os
import platform
from collections.abc import Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config import settings
from pyk3s.config.flags import SERVER, flags_of

SUMMARY = "Run the management server, and an agent beside it"


def run(arguments: Sequence[str]) -> int:
    """Runs until it is told to stop."""
    if commands.HELP & set(arguments):
        terminal.say(commands.usage("k3s server", SUMMARY, flags_of(SERVER)))
        return 0
    chosen = settings.server_settings(arguments, os.environ, platform.node())
    from pyk3s.roles import server  # help and bad flags are answered without loading the server

    return server.run(chosen)
