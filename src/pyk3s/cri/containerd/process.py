"""Runs containerd as a child: started, waited for, restarted when it dies, stopped last. Pods outlive it in their
shims.
"""

import asyncio
import errno
import os
import pathlib
import socket

from pyk3s.cri.containerd import config, hosts
from pyk3s.host import processes
from pyk3s.lib import backoff, clock, failure, files, log

PROGRAM = "containerd"
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # a containerd whose agent was killed would keep its socket and locks
START_SECONDS = 30.0
HOSTS = pathlib.Path("/etc/hosts")  # copied into every sandbox, which fails without it
LOG_MOST_BYTES = 10 * 1024 * 1024

_log = log.get_logger("containerd")


class Containerd:
    """One containerd with its own configuration, folders and socket."""

    def __init__(
        self,
        layout: config.Layout,
        abilities: config.Abilities,
        options: config.Options,
        *,
        time: clock.Clock | None = None,
    ):
        self.layout = layout
        self._abilities, self._options = abilities, options
        self._time = time or clock.SystemClock()
        self._service = self._new_service()

    def _new_service(self) -> processes.Service:
        return processes.Service(
            [*WITH_US, PROGRAM, "--config", str(self.layout.config)],
            log_path=str(self.layout.log),
            environment={"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
        )

    async def start(self) -> None:
        """Write the configuration, start, and return when the socket answers; raises Failure."""
        layout = self.layout
        for folder in (layout.config.parent, layout.registries, layout.root, layout.state, layout.cni_config_dir):
            folder.mkdir(parents=True, exist_ok=True)
        layout.state.chmod(0o711)
        _ensure_hosts_file(HOSTS)
        hosts.write(layout.registries, self._options.registries.hosts)
        files.write_atomic(layout.config, config.render(layout, self._abilities, self._options).encode(), 0o600)
        self._shorten_log()
        try:
            await self._service.start()
        except processes.CommandFailed as error:
            raise failure.Failure(str(error), remedy="install containerd") from error
        await self._answers()

    async def _answers(self) -> None:
        wait, waited = 0.02, 0.0
        while not self._accepts():
            if waited > START_SECONDS:
                raise failure.Failure(
                    f"containerd does not answer at {self.layout.socket}", remedy=f"see {self.layout.log}"
                )
            await self._time.sleep(wait)
            waited, wait = waited + wait, min(wait * 1.5, 0.5)

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            code = probe.connect_ex(str(self.layout.socket))
        if code not in (0, errno.ENOENT, errno.ECONNREFUSED):
            raise failure.Failure(f"cannot reach {self.layout.socket}: {os.strerror(code)}")
        return code == 0

    def _shorten_log(self) -> None:
        """Keep one old log once it is large."""
        path = self.layout.log
        if path.exists() and path.stat().st_size > LOG_MOST_BYTES:
            path.replace(path.with_suffix(".log.1"))

    async def _start_again(self) -> None:
        """One that does not come up in time is ended and counts as dead: `supervise` tries again."""
        try:
            await self.start()
        except failure.Failure as error:
            _log.error("containerd does not come back", error=error)
            await self._service.stop()

    async def supervise(self) -> None:
        """Start it again whenever it dies, until cancelled; then stop it."""
        delays = backoff.Backoff(0.5, 10.0)
        try:
            while True:
                started = self._time.monotonic()
                status = await self._service.ended()
                if self._time.monotonic() - started > 60:
                    delays.reset()
                _log.warning("containerd ended; starting it again", status=status, log=self.layout.log)
                await self._time.sleep(delays.next())
                await self._start_again()
        except asyncio.CancelledError:
            await self._service.stop()
            raise


def _ensure_hosts_file(path: pathlib.Path) -> None:
    """The smallest one where the host has none; raises Failure if it cannot be written."""
    try:
        if not path.exists():
            files.write_atomic(path, b"127.0.0.1\tlocalhost\n::1\tlocalhost\n")
    except OSError as error:
        raise failure.Failure(f"this host has no {path}", remedy=f"make one: {error.strerror or error}") from error
