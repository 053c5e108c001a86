"""`k3s server` without a node, as its own processes: what a user runs, on a free port and in a temporary folder."""

import asyncio
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from ports import free_port

from pyk3s.client.rest import Client
from pyk3s.roles import connection

START_LIMIT_S = 60
ALONE = ("--disable-agent", "--disable-scheduler", "--disable-controller-manager")
K3S = (sys.executable, "-c", "import sys; from pyk3s.cli.main import main; sys.exit(main())")


class Server:
    """One data directory and the server on it, which may be started and stopped again and again."""

    def __init__(self, folder: pathlib.Path, *flags: str):
        self.folder, self.flags, self.port = folder, flags, free_port()
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        (folder / "none.yaml").touch()

    @property
    def place(self) -> tuple[str, ...]:
        return ("--data-dir", str(self.folder), "--config", str(self.folder / "none.yaml"))

    def k3s(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of `k3s` on this data directory to its end."""
        return subprocess.run([*K3S, *words, *self.place], capture_output=True, text=True, timeout=START_LIMIT_S)

    def start(self, *flags: str) -> None:
        """Start and wait until it is ready; raises RuntimeError with what it said if it ends instead."""
        kubeconfig = str(self.folder / "k3s.yaml")
        command = [*K3S, "server", *ALONE, *self.place, "--write-kubeconfig", kubeconfig, *self.flags, *flags]
        seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--https-listen-port", str(self.port), "--bind-address", "127.0.0.1"],
                stdout=output,
                stderr=output,
            )
        give_up = time.monotonic() + START_LIMIT_S
        while b'supervisor "ready"' not in self.log.read_bytes()[seen:]:
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                raise RuntimeError(self.log.read_bytes()[seen:].decode())
            time.sleep(0.02)

    def refused(self, *flags: str) -> str:
        """What it says when it does not start."""
        try:
            self.start(*flags)
        except RuntimeError as error:
            return str(error)
        raise AssertionError("it started")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=START_LIMIT_S)
            self.process = None

    def kill(self) -> None:
        """End it as a power failure would, its children with it."""
        if self.process is None:
            return
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        ours = children.read_text().split() if children.exists() else ()
        for pid in (self.process.pid, *map(int, ours)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=START_LIMIT_S)
        self.process = None

    def client(self) -> Client:
        tls = self.folder / "server/tls"
        return connection.connect(f"https://127.0.0.1:{self.port}", tls / "server-ca.crt", tls / "client-admin.crt")

    @property
    def snapshots(self) -> list[str]:
        """The names in the folder of snapshots, hidden ones too."""
        folder = self.folder / "server/db/snapshots"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@contextlib.contextmanager
def server(folder: pathlib.Path, *flags: str) -> Iterator[Server]:
    """A server that is not running yet, stopped at the end."""
    made = Server(folder, *flags)
    try:
        yield made
    finally:
        made.stop()


def in_server(made: Server, work: Callable[[Client], Awaitable[Any]]) -> Any:
    """What `work` gets done with an administrator's client of a running server."""

    async def connected() -> Any:
        client = made.client()
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(connected())
