"""`k3s ready`: waits until the node of this host is Ready, for scripts; takes the flags of `k3s server`."""

import asyncio
import os
import platform
from collections.abc import Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config import settings
from pyk3s.config.flags import SERVER, flags_of

PATIENCE_S = 120.0


def run(arguments: Sequence[str]) -> int:
    """Returns when the node is Ready; raises Failure if it is not in time."""
    if commands.HELP & set(arguments):
        terminal.say(commands.usage("k3s ready", "Wait until the node of this host is Ready", flags_of(SERVER)))
        return 0
    chosen = settings.server_settings(arguments, os.environ, platform.node())
    from pyk3s.roles import readiness  # bad flags are answered without loading a client

    terminal.say(asyncio.run(readiness.wait(chosen, PATIENCE_S)))
    return 0
