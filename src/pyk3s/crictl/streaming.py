"""`crictl exec` and `logs`: bytes between a container and this terminal.

A command is streamed over SPDY from the runtime's own streaming server; `--sync` waits for its end and shows its
output then. Logs are read from the file that the runtime writes, so they are only there on the node itself.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import re
import sys
from urllib.parse import urlsplit

from pyk3s.cri import logs as cri_logs
from pyk3s.crictl.arguments import Flag
from pyk3s.crictl.command import Call, Command
from pyk3s.host import terminal
from pyk3s.lib import clock, tasks, timestamps
from pyk3s.lib.failure import Failure
from pyk3s.wire.http import client as http
from pyk3s.wire.spdy import connection as spdy

STDOUT, STDERR = 1, 2
PROTOCOLS = "v4.channel.k8s.io"
RUNNING = 1
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


async def execute(call: Call) -> int:
    """Returns the status with which the command ended."""
    identity, *command = call.given.operands
    if call.given.on("sync"):
        status, out, errors = await call.cri.exec_sync(identity, command, call.given.number("timeout"))
        os.write(STDOUT, out)
        os.write(STDERR, errors)
        return status
    interactive = call.given.on("interactive")
    own = terminal.descriptor(sys.stdin.buffer) if call.given.on("tty") else None
    if call.given.on("tty") and own is None:
        raise Failure("--tty needs a terminal", remedy="leave it out", status=2)
    wanted = {"stdout": True, "stderr": own is None, "stdin": interactive, "tty": own is not None}
    url = urlsplit(await call.cri.exec_url({"container_id": identity, "cmd": command, **wanted}))
    server = http.HttpClient(f"{url.scheme}://{url.netloc}")
    headers = {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": PROTOCOLS}
    try:
        far = await server.upgrade("POST", f"{url.path}?{url.query}" if url.query else url.path, headers=headers)
        with terminal.raw(own) if own is not None else contextlib.nullcontext():
            return await _Conversation(spdy.Connection(far, client=True), wanted, own).run()
    finally:
        await server.close()


class _Conversation:
    """One command: its streams and ours."""

    def __init__(self, far: spdy.Connection, wanted: dict[str, bool], own: int | None):
        self._far, self._wanted, self._own = far, wanted, own

    async def run(self) -> int:
        async with tasks.TaskOwner("exec") as owner:
            owner.start(self._far.run(), "spdy")
            error = await self._far.open({"streamType": "error"})
            streams = {name: await self._far.open({"streamType": name}) for name in self._names()}
            if self._wanted["stdin"]:
                owner.start(_speak(streams["stdin"]), "stdin")
            if self._own is not None:
                owner.start(_tell_sizes(streams["resize"], self._own), "resize")
            heard = [
                owner.start(_listen(streams[name], descriptor), name)
                for name, descriptor in (("stdout", STDOUT), ("stderr", STDERR))
                if name in streams
            ]
            told = b""
            while data := await error.read():
                told += data
            await asyncio.gather(*heard)
            await self._far.close()
        return _status(told)

    def _names(self) -> list[str]:
        return [*(name for name in ("stdin", "stdout", "stderr") if self._wanted[name])] + (
            ["resize"] if self._wanted["tty"] else []
        )


async def _listen(stream: spdy.Stream, descriptor: int) -> None:
    while data := await stream.read():
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]


async def _speak(stream: spdy.Stream) -> None:
    async for data in terminal.input_of(sys.stdin.buffer):
        await stream.write(data)
    await stream.end()


async def _tell_sizes(stream: spdy.Stream, number: int) -> None:
    """Now, and whenever it changes."""
    sizes: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
    with terminal.sizes(number, lambda columns, lines: sizes.put_nowait((columns, lines))):
        while True:
            columns, lines = await sizes.get()
            await stream.write(json.dumps({"Width": columns, "Height": lines}).encode())


def _status(told: bytes) -> int:
    """The command's exit status out of the Status object that ends it; raises Failure for what is none."""
    if not told:
        return 0
    result = json.loads(told)
    if result.get("status") == "Success":
        return 0
    causes = (result.get("details") or {}).get("causes") or ()
    codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
    if codes:
        return int(codes[0])
    raise Failure(str(result.get("message", "the command failed")))


async def logs(call: Call) -> int:
    """What the container wrote, to standard output and standard error as it did."""
    status = await call.cri.container_status(call.given.operands[0])
    if not status.get("log_path"):
        raise Failure("the container has no log file")
    path = pathlib.Path(status["log_path"])
    if call.given.on("previous"):
        path = _previous(path, status["metadata"].get("attempt", 0))
    since = call.given.text("since")
    wanted = cri_logs.LogOptions(
        follow=call.given.on("follow"),
        timestamps=call.given.on("timestamps"),
        tail_lines=call.given.number("tail") if call.given.number("tail") >= 0 else None,
        since=_since(since, call.now) if since else None,
        limit_bytes=call.given.number("limit-bytes") or None,
    )
    running = _Running(call, status["id"], running=status.get("state") == RUNNING)
    async with tasks.TaskOwner("logs") as owner:
        if wanted.follow:
            owner.start(running.watch(), "state")
        async for data in cri_logs.read(path, wanted, running=lambda: running.now, time=clock.SystemClock()):
            os.write(STDOUT, data)
    return 0


class _Running:
    """Whether a container still runs, asked now and then."""

    def __init__(self, call: Call, identity: str, *, running: bool):
        self.now = running
        self._call, self._identity = call, identity

    async def watch(self) -> None:
        while self.now:
            await asyncio.sleep(1)
            status = await self._call.cri.container_status(self._identity)
            self.now = status.get("state") == RUNNING


def _previous(path: pathlib.Path, attempt: int) -> pathlib.Path:
    """The log of the attempt before: the kubelet numbers them."""
    before = path.with_name(f"{attempt - 1}.log")
    if attempt < 1 or not before.exists():
        raise Failure("the container has no earlier log")
    return before


def _since(text: str, now: float) -> float:
    """A time, or a span such as 1h30m back from now."""
    found = _SPAN.fullmatch(text)
    if found and any(found.groups()):
        hours, minutes, seconds = (int(each or 0) for each in found.groups())
        return now - hours * 3600 - minutes * 60 - seconds
    try:
        return timestamps.parse_rfc3339(text)
    except ValueError:
        remedy = "a time such as 2026-01-31T12:00:00Z or a span such as 1h30m is wanted"
        raise Failure(f"invalid value {text!r} for --since", remedy=remedy, status=2) from None


EXEC_FLAGS = (
    Flag("interactive", "Pass standard input on", "i"),
    Flag("tty", "Give it a terminal", "t"),
    Flag("sync", "Wait for the end and show its output then", "s"),
    Flag("timeout", "Seconds it may take, with --sync", "", "number", "0"),
)
LOG_FLAGS = (
    Flag("follow", "Go on until the container ends", "f"),
    Flag("tail", "Only so many lines from the end", "", "number", "-1"),
    Flag("since", "Only what is newer: a time, or a span such as 10m", "", "value"),
    Flag("timestamps", "Show when each line was written", "t"),
    Flag("limit-bytes", "Stop after so many", "", "number", "0"),
    Flag("previous", "Of the attempt before", "p"),
)
COMMANDS = {
    "exec": Command("Run a command in a container", execute, EXEC_FLAGS, "CONTAINER COMMAND...", 2),
    "logs": Command("Show what a container wrote", logs, LOG_FLAGS, "CONTAINER", 1, aliases=("log",)),
}
