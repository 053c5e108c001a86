"""`k3s server` without an agent, as a process on a free port over a temporary folder, for real clients to talk to."""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import yaml
from ports import free_port

START_LIMIT_S = 60
API_ONLY = ("--disable-scheduler", "--disable-controller-manager")


@dataclasses.dataclass(frozen=True)
class ControlPlane:
    """A running server and the administrator's kubeconfig for it."""

    folder: pathlib.Path
    kubeconfig: pathlib.Path

    @property
    def settings(self) -> dict[str, str]:
        """Cluster and user of the kubeconfig: server, certificate-authority-data, client-certificate-data..."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        return config["clusters"][0]["cluster"] | config["users"][0]["user"]

    @property
    def environment(self) -> dict[str, str]:
        """The surroundings in which a client finds this server and no other, and keeps its caches here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KUBE", "K3S_"))}
        return kept | {"KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder), "TMPDIR": str(self.folder)}


@contextlib.contextmanager
def running(folder: pathlib.Path, *flags: str) -> Iterator[ControlPlane]:
    """A control plane until the end of the block; ends with what the log says if it does not become ready."""
    port, log, config = free_port(), folder / "server.log", folder / "config.yaml"
    config.touch()
    plane = ControlPlane(folder, folder / "k3s.yaml")
    places = ["--data-dir", folder / "data", "--write-kubeconfig", plane.kubeconfig]
    listening = ["--bind-address", "127.0.0.1", "--https-listen-port", str(port)]
    command = [pathlib.Path(sys.executable).with_name("k3s"), "server", "--disable-agent", *places, *listening, *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, "K3S_CONFIG_FILE": str(config)}
        )
    try:
        _wait_ready(process, log)
        yield plane
    finally:
        process.terminate()
        process.wait(START_LIMIT_S)


def _wait_ready(process: "subprocess.Popen[bytes]", log: pathlib.Path) -> None:
    give_up = time.monotonic() + START_LIMIT_S
    while 'supervisor "ready"' not in (told := log.read_text()):
        if process.poll() is not None or '"process ended' in told or time.monotonic() > give_up:
            raise RuntimeError(f"the server did not start: {told[-2000:]}")
        time.sleep(0.05)
