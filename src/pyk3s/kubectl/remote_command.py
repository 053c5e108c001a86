"""A command's streams over the WebSocket that exec and attach of the API server offer."""

import contextlib
from typing import IO, Any

import msgspec

from pyk3s.host import terminal
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.errors import CommandError
from pyk3s.lib import tasks
from pyk3s.wire import channels, duplex, websocket

JSON = dict[str, Any]
PROTOCOLS = "v5.channel.k8s.io,v4.channel.k8s.io"


class Session:
    """One command: standard input goes to it, its outputs come back, and how it ended is told by a Status."""

    def __init__(self, context: Context, stream: duplex.Duplex):
        self._context, self._stream = context, stream
        self._socket = websocket.WebSocket(client=True)
        name = stream.headers.get("sec-websocket-protocol") if stream.headers else ""
        self._protocol = channels.Protocol(name or "v4.channel.k8s.io")
        self._ends_channels = name.startswith("v5.")
        self._status = b""

    async def run(self, stdin: IO[bytes] | None, *, tty: bool) -> None:
        """Until the command has ended. Raises CommandError, with the exit status of one that failed."""
        number = terminal.descriptor(stdin) if stdin is not None and tty else None
        async with tasks.TaskOwner("command") as owner:
            with contextlib.ExitStack() as stack:
                if number is not None:
                    stack.enter_context(terminal.raw(number))
                    stack.enter_context(terminal.sizes(number, lambda *size: self._tell_size(owner, *size)))
                if stdin is not None:
                    owner.start(self._feed(stdin), "stdin")
                await self._receive()
        self._end()

    def _tell_size(self, owner: tasks.TaskOwner, columns: int, lines: int) -> None:
        size = msgspec.json.encode({"Width": columns, "Height": lines})
        owner.start(self._send(channels.RESIZE, size), "resize")

    async def _feed(self, stdin: IO[bytes]) -> None:
        with contextlib.suppress(ConnectionError):
            async for data in terminal.input_of(stdin):
                await self._send(channels.STDIN, data)
            if self._ends_channels:
                self._socket.send(bytes((channels.END, channels.STDIN)))
                await self._flush()

    async def _send(self, channel: int, data: bytes) -> None:
        message, text = self._protocol.pack(channel, data)
        self._socket.send(message, text=text)
        await self._flush()

    async def _flush(self) -> None:
        if data := self._socket.data_to_send():
            await self._stream.write(data)

    async def _receive(self) -> None:
        while data := await self._stream.read():
            for event in self._socket.receive(data):
                if isinstance(event, websocket.Closed):
                    with contextlib.suppress(ConnectionError):
                        await self._flush()
                    return
                try:
                    self._take(self._protocol.unpack(event.data))
                except channels.ChannelError as error:
                    raise CommandError(f"the server does not keep to the protocol: {error}") from error
            await self._flush()

    def _take(self, arrived: channels.Arrived) -> None:
        if arrived.channel == channels.STDOUT and arrived.data:
            self._context.write(arrived.data)
        elif arrived.channel == channels.STDERR and arrived.data:
            self._context.write_error(arrived.data)
        elif arrived.channel == channels.ERROR:
            self._status += arrived.data

    def _end(self) -> None:
        if not self._status:
            raise CommandError("the connection ended before the command did")
        end(self._status)


def end(told: bytes) -> None:
    """Return where a Status says that a command succeeded; raises CommandError with the exit status otherwise."""
    try:
        status = msgspec.json.decode(told, type=dict)
    except msgspec.DecodeError:
        raise CommandError(told.decode("utf-8", "replace")) from None
    if status.get("status") == "Success":
        return
    causes = (status.get("details") or {}).get("causes") or ()
    code = next((each.get("message", "") for each in causes if each.get("reason") == "ExitCode"), "")
    if code.isdecimal():
        raise CommandError(f"command terminated with exit code {code}", int(code), plain=True)
    if status.get("reason") == "InternalError":
        raise CommandError(f"Internal error occurred: {_inner(status)}")
    raise CommandError(str(status.get("message", "the command failed")))


def _inner(status: JSON) -> str:
    causes = (status.get("details") or {}).get("causes") or ()
    return causes[0].get("message", "") if causes else str(status.get("message", ""))


async def open_socket(context: Context, path: str, query: list[tuple[str, str]]) -> Session:
    """The session of an exec or attach; raises ApiError."""
    headers = websocket.client_headers(PROTOCOLS)
    return Session(context, await context.server.upgrade("GET", path, query, headers))
