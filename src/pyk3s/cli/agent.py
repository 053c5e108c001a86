"""`k3s agent`: flags to settings, settings to the agent role."""

import os
import platform
from collections.abc import Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config import settings
from pyk3s.config.flags import AGENT, flags_of

SUMMARY = "Run a node that joins a server"


def run(arguments: Sequence[str]) -> int:
    """Runs until it is told to stop."""
    if commands.HELP & set(arguments):
        terminal.say(commands.usage("k3s agent", SUMMARY, flags_of(AGENT)))
        return 0
    chosen = settings.agent_settings(arguments, os.environ, platform.node())
    from pyk3s.roles import agent  # help and bad flags are answered without loading the agent

    return agent.run(chosen)
