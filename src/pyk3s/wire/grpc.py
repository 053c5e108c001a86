"""A small gRPC client over HTTP/2 (h2) on a unix socket: unary calls and server streams, messages as bytes.

One connection, made at the first call and again after it was lost. A call that a lost connection interrupts fails with
UNAVAILABLE; nothing is retried. No TLS, no compression, no client streams: a node's runtime needs none of them.
"""

import asyncio
import math
import struct
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import cast
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE = (
    0,
    1,
    2,
    4,
    5,
    8,
    13,
    14,
)
WINDOW = 1024 * 1024
MAX_MESSAGE = 16 * 1024 * 1024  # what the kubelet takes from a runtime
CANCEL = 8  # the HTTP/2 error code of a call given up
_PREFIX = struct.Struct(">BI")


class GrpcError(Exception):
    """A call failed; `code` is the gRPC status code."""

    def __init__(self, code: int, message: str):
        super().__init__(f"{message} (gRPC status {code})")
        self.code, self.message = code, message


class _Call:
    """One stream: what is still to be sent, the messages that have arrived, and how it ended."""

    def __init__(self) -> None:
        self.unsent = memoryview(b"")
        self.messages: deque[bytes] = deque()
        self.error: GrpcError | None = None
        self.ended = False
        self._partial = bytearray()
        self._http_status = "200"
        self._waiter: asyncio.Future[None] | None = None

    def take_headers(self, headers: Mapping[str, str]) -> None:
        self._http_status = headers.get(":status", self._http_status)
        if (status := headers.get("grpc-status", "0")) != "0":
            self.error = GrpcError(int(status), unquote(headers.get("grpc-message", "")))

    def take_data(self, data: bytes) -> None:
        self._partial += data
        while len(self._partial) >= _PREFIX.size:
            compressed, size = _PREFIX.unpack_from(self._partial)
            if compressed or size > MAX_MESSAGE:
                self.end(GrpcError(RESOURCE_EXHAUSTED, f"a message of {size} bytes is compressed or too large"))
                return
            if len(self._partial) < _PREFIX.size + size:
                return
            self.messages.append(bytes(self._partial[_PREFIX.size : _PREFIX.size + size]))
            del self._partial[: _PREFIX.size + size]
        self._wake()

    def end(self, error: GrpcError | None = None) -> None:
        if self._http_status != "200":
            error = error or GrpcError(UNKNOWN, f"the server answered with HTTP status {self._http_status}")
        self.error = self.error or error
        self.ended = True
        self._wake()

    async def next(self) -> bytes | None:
        """The next message, None at a good end; raises GrpcError."""
        while not self.messages:
            if self.ended:
                if self.error is not None:
                    raise self.error
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self.messages.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Connection(asyncio.Protocol):
    """One HTTP/2 connection and its calls."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self.lost = False
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.local_settings.update({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(WINDOW)
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._lose("the connection was closed")

    def data_received(self, data: bytes) -> None:
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self._lose(f"the server broke the HTTP/2 protocol: {error}")
            self._transport.abort()
            return
        for event in events:
            self._handle(event)
        self._flush()

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            self._lose("the server ended the connection")
            self._transport.close()
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            for number in list(self._calls):
                self._send_more(number)
        elif isinstance(event, h2.events.DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
            if call := self._calls.get(event.stream_id or 0):
                call.take_data(event.data or b"")
        elif isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
            if call := self._calls.get(event.stream_id or 0):
                call.take_headers({str(name): str(value) for name, value in event.headers or ()})
        elif isinstance(event, h2.events.StreamEnded):
            if call := self._calls.pop(event.stream_id or 0, None):
                call.end()
        elif isinstance(event, h2.events.StreamReset) and (call := self._calls.pop(event.stream_id or 0, None)):
            call.end(GrpcError(INTERNAL, f"the server reset the call with HTTP/2 error {event.error_code}"))

    def start(self, headers: list[tuple[str, str]], message: bytes) -> tuple[int, _Call]:
        number, call = self._h2.get_next_available_stream_id(), _Call()
        self._h2.send_headers(number, headers)
        call.unsent = memoryview(_PREFIX.pack(0, len(message)) + message)
        self._calls[number] = call
        self._send_more(number)
        self._flush()
        return number, call

    def _send_more(self, number: int) -> None:
        """Send what the window lets through."""
        call = self._calls[number]
        while call.unsent:
            size = min(len(call.unsent), self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if size <= 0:
                return
            self._h2.send_data(number, bytes(call.unsent[:size]), end_stream=size == len(call.unsent))
            call.unsent = call.unsent[size:]

    def give_up(self, number: int) -> None:
        """Cancel a call that nobody waits for any more."""
        if self._calls.pop(number, None) is not None and not self.lost:
            self._h2.reset_stream(number, CANCEL)
            self._flush()

    def close(self) -> None:
        self._lose("the channel was closed")
        self._transport.close()

    def _lose(self, why: str) -> None:
        self.lost = True
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.end(GrpcError(UNAVAILABLE, why))

    def _flush(self) -> None:
        if data := self._h2.data_to_send():
            self._transport.write(data)


class Channel:
    """Calls to one server on a unix socket. `metadata` is sent with every call."""

    def __init__(self, path: str, metadata: Mapping[str, str] | None = None):
        self._path = path.removeprefix("unix://")
        self._metadata = list((metadata or {}).items())
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    async def unary(self, method: str, message: bytes, *, timeout: float | None = None) -> bytes:
        """Call `/package.Service/Method`; the answer's message. Raises GrpcError, also past `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                connection = await self._connected()
                number, call = connection.start(self._headers(method, timeout), message)
                try:
                    answer = await call.next()
                    if answer is None:
                        raise GrpcError(INTERNAL, f"{method} was answered without a message")
                    await call.next()  # the status comes after the message
                    return answer
                finally:
                    connection.give_up(number)
        except TimeoutError as error:
            raise GrpcError(DEADLINE_EXCEEDED, f"no answer to {method} within {timeout} s") from error

    async def stream(self, method: str, message: bytes) -> AsyncIterator[bytes]:
        """Call a method that answers with many messages; closing the iterator cancels the call."""
        connection = await self._connected()
        number, call = connection.start(self._headers(method, None), message)
        try:
            while (answer := await call.next()) is not None:
                yield answer
        finally:
            connection.give_up(number)

    async def close(self) -> None:
        """End the connection and what still runs on it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connected(self) -> _Connection:
        async with self._connecting:
            if self._connection is None or self._connection.lost:
                loop = asyncio.get_running_loop()
                try:
                    _, self._connection = await loop.create_unix_connection(_Connection, self._path)
                except OSError as error:
                    raise GrpcError(UNAVAILABLE, f"cannot connect to {self._path}: {error}") from error
            return self._connection

    def _headers(self, method: str, timeout: float | None) -> list[tuple[str, str]]:
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", method),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", "pyk3s"),
        ]
        if timeout is not None:
            headers.append(("grpc-timeout", f"{math.ceil(timeout * 1000)}m"))
        return headers + self._metadata
