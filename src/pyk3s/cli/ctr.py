"""`k3s ctr`: containerd's own client, at our socket and in the kubelet's namespace."""

import os
import shutil
import sys
from collections.abc import Sequence

from pyk3s.config import paths
from pyk3s.config.flags import DATA_DIR
from pyk3s.lib.failure import Failure


def run(arguments: Sequence[str]) -> int:
    """Becomes ctr; does not return."""
    program = shutil.which("ctr")
    if not program:
        raise Failure("no ctr on this machine", remedy="it comes with the package containerd")
    run_dir = paths.paths(os.environ.get("K3S_DATA_DIR") or DATA_DIR, DATA_DIR).run
    environment = {"CONTAINERD_ADDRESS": str(run_dir / "containerd/containerd.sock"), "CONTAINERD_NAMESPACE": "k8s.io"}
    sys.stdout.flush()
    os.execve(program, ["ctr", *arguments], environment | os.environ)
