"""Servers to measure: the API alone or with the control plane on loopback, or a whole node in a network namespace.

All state lies below a temporary folder. The namespace and the node's clean-up are those of the end-to-end tests.
"""

import contextlib
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import footprint

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "tests/e2e"))
import hosts  # noqa: E402 - found through the line above

TOKEN = "bench"
API_ALONE = ("--disable-agent", "--disable-scheduler", "--disable-controller-manager")
CONTROL_PLANE = ("--disable-agent",)
PATIENCE_S = 60.0


class LoopbackServer:
    """A running `k3s server` without agent, its administrator's bearer TOKEN."""

    def __init__(self, folder: pathlib.Path, *flags: str):
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        tokens = folder / "tokens.csv"
        tokens.write_text(f'{TOKEN},bench,bench,"system:masters"\n')
        places = ("--data-dir", str(folder / "data"), "--write-kubeconfig", str(folder / "k3s.yaml"))
        address = ("--bind-address", "127.0.0.1", "--https-listen-port", str(self.port))
        argument = ("--kube-apiserver-arg", f"token-auth-file={tokens}")
        k3s = pathlib.Path(sys.executable).with_name("k3s")
        started = time.monotonic()
        with self._log.open("wb") as log:
            words = [str(k3s), "server", *places, *address, *argument, *flags]
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        self.start_s = self._wait(started)

    def _wait(self, started: float) -> float:
        """Seconds until /readyz answered."""
        while not answers(self.url):
            if self.process.poll() is not None or time.monotonic() - started > PATIENCE_S:
                self.stop()
                raise RuntimeError(f"the server does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.01)
        return time.monotonic() - started

    def api_rss(self) -> int:
        """Resident bytes of the process that serves the API and of its datastore; what they share counts twice."""
        readings = [footprint.read(pid) for pid in footprint.descendants(self.process.pid)]
        return sum(each.rss for each in readings if each.name in ("k3s-apiserver", "k3s-datastore"))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the API says that it is ready."""
    try:
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(f"{url}/readyz", context=context, timeout=5) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextlib.contextmanager
def loopback(*flags: str) -> Iterator[LoopbackServer]:
    """A server without agent; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="k3s-bench-") as folder:
        server = LoopbackServer(pathlib.Path(folder), *flags)
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def node() -> Iterator[hosts.Server]:
    """A whole server, not yet started, in a network namespace of its own, with the busybox image. Needs root."""
    with tempfile.TemporaryDirectory(prefix="k3s-bench-") as folder:
        host = hosts.Host(pathlib.Path(folder))
        try:
            server = hosts.Server(host)
            server.add_image(hosts.busybox())
            try:
                yield server
            finally:
                server.close()
        finally:
            host.close()
