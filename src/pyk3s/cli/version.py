"""`k3s --version`."""

import platform
from collections.abc import Sequence

from pyk3s import version
from pyk3s.cli import terminal


def run(arguments: Sequence[str]) -> int:
    """Two lines as K3s prints them: the product's version and commit, the language's version."""
    terminal.say(f"k3s version {version.GIT_VERSION} ({version.COMMIT[:8]})")
    terminal.say(f"python version {platform.python_version()}")
    return 0
