"""`k3s crictl`: looks at the runtime of this node. Its socket is found as K3s finds it."""

import os
import pathlib
from collections.abc import Sequence

from pyk3s.cli import terminal
from pyk3s.config.flags import DATA_DIR
from pyk3s.crictl import main

AGENT_FILE = "agent/etc/crictl.yaml"  # which the agent writes


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    asked, home = os.environ.get("K3S_DATA_DIR"), os.environ.get("HOME")
    folders = [asked, f"{home}/.rancher/k3s" if home else None, DATA_DIR]
    places = [pathlib.Path(folder, AGENT_FILE) for folder in folders if folder]
    return main.run(arguments, os.environ, [*places, pathlib.Path("/etc/crictl.yaml")], terminal.say)
