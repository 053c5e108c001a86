"""`k3s kubectl`: the machine's kubectl or the built-in one, with this cluster's kubeconfig where no other is set.

`K3S_KUBECTL=builtin` chooses the built-in one although the machine has another, `K3S_KUBECTL=machine` refuses it.
"""

import os
import pathlib
import shutil
import sys
from collections.abc import Mapping, Sequence

from pyk3s.lib.failure import Failure

CHOICE, BUILTIN, MACHINE = "K3S_KUBECTL", "builtin", "machine"


def run(arguments: Sequence[str]) -> int:
    """Becomes the machine's kubectl and does not return, or runs the built-in one."""
    choice = os.environ.get(CHOICE, "")
    if choice not in ("", BUILTIN, MACHINE):
        raise Failure(f"{CHOICE}={choice} means nothing", remedy=f"it may be {BUILTIN} or {MACHINE}", status=2)
    environment = _environment(os.environ)
    program = None if choice == BUILTIN else _find(os.environ.get("PATH", os.defpath))
    if program is None and choice == MACHINE:
        raise Failure("no kubectl on this machine", remedy="install one, Debian's package is kubernetes-client")
    if program is not None:
        sys.stdout.flush()
        os.execve(program, ["kubectl", *arguments], environment)
    from pyk3s.kubectl import main

    return main.run(arguments, sys.stdout, sys.stderr, sys.stdin.buffer, environment)


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with this cluster's kubeconfig, where none is set."""
    if environment.get("KUBECONFIG"):
        return dict(environment)
    from pyk3s.config.flags import BY_NAME

    return {**environment, "KUBECONFIG": BY_NAME["write-kubeconfig"].default}


def _find(path: str) -> str | None:
    """A kubectl on the path that is not a link to ourselves."""
    own = pathlib.Path(sys.argv[0]).resolve()
    for folder in path.split(os.pathsep):
        found = shutil.which("kubectl", path=folder)
        if found and pathlib.Path(found).resolve() != own:
            return found
    return None
