"""Child processes: run one to its end, or keep one running, always with words for what went wrong."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended."""

    status: int
    output: bytes
    errors: bytes


class CommandFailed(Exception):
    """A command could not be started or ended with an error; the message says which and why."""


async def run(command: Sequence[str], *, feed: bytes | None = None, timeout: float = 60.0) -> Finished:
    """Run a command to its end; raises CommandFailed if it cannot start, fails, or takes longer than `timeout`
    seconds.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if feed is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        output, errors = await asyncio.wait_for(process.communicate(feed), timeout)
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise CommandFailed(f"{' '.join(command)} took longer than {timeout:g} s") from error
    status = process.returncode or 0
    if status:
        told = errors.decode(errors="replace").strip() or output.decode(errors="replace").strip()
        raise CommandFailed(f"{' '.join(command)} ended with status {status}: {told}")
    return Finished(status, output, errors)


async def attended(command: Sequence[str]) -> int:
    """The exit status of a command that has our terminal, such as an editor; raises CommandFailed if none starts."""
    try:
        process = await asyncio.create_subprocess_exec(*command)
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be started: {error.strerror}") from error
    return await process.wait()


class Service:
    """A long-running child process whose output goes to a file."""

    def __init__(self, command: Sequence[str], *, log_path: str, environment: Mapping[str, str] | None = None):
        self._command, self._log_path = command, log_path
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> int:
        """Start it in a session of its own, so that a signal to our group does not reach it; returns its process id."""
        environment = {**os.environ, **self._environment} if self._environment else None
        with open(self._log_path, "ab") as log:  # noqa: ASYNC230, PTH123 - opened once per start, handed to the child
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise CommandFailed(f"{self._command[0]} cannot be started: {error.strerror}") from error
        return self._process.pid

    async def ended(self) -> int:
        """Wait for its end; the exit status."""
        if self._process is None:
            raise CommandFailed(f"{self._command[0]} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and after ten seconds make it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
