"""`k3s kubectl`: the machine's kubectl, with this cluster's kubeconfig where no other is set."""

import os
import pathlib
import shutil
import sys
from collections.abc import Sequence

from pyk3s.config.flags import BY_NAME
from pyk3s.lib.failure import Failure


def run(arguments: Sequence[str]) -> int:
    """Becomes kubectl; does not return."""
    program = _find(os.environ.get("PATH", os.defpath))
    environment = dict(os.environ)
    environment.setdefault("KUBECONFIG", BY_NAME["write-kubeconfig"].default)
    sys.stdout.flush()
    os.execve(program, ["kubectl", *arguments], environment)


def _find(path: str) -> str:
    """A kubectl on the path that is not a link to ourselves."""
    own = pathlib.Path(sys.argv[0]).resolve()
    for folder in path.split(os.pathsep):
        found = shutil.which("kubectl", path=folder)
        if found and pathlib.Path(found).resolve() != own:
            return found
    raise Failure("no kubectl on this machine", remedy="install one, Debian's package is kubernetes-client")
