"""SPDY/3.1 framing without I/O: bytes in, events out; calls in, bytes to send out. Serves both roles.

Pings are answered here. Streams are numbers; who opens one (odd: client, even: server) gets the other side's `Replied`.
"""

import struct
from collections.abc import Mapping
from typing import NamedTuple

from pyk3s.wire.spdy import headers as blocks

VERSION = 3
SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FIN = 1
DATA_FRAME = 64 * 1024  # what is sent at most in one frame
REFUSED_STREAM, CANCEL = 3, 5
_STREAM = 0x7FFFFFFF


class Opened(NamedTuple):
    stream: int
    headers: dict[str, str]
    ended: bool


class Replied(NamedTuple):
    stream: int
    headers: dict[str, str]


class Data(NamedTuple):
    """Bytes of a stream; `ended` is the sender's end."""

    stream: int
    data: bytes
    ended: bool


class Reset(NamedTuple):
    stream: int
    status: int


class GoneAway(NamedTuple):
    last_stream: int


Event = Opened | Replied | Data | Reset | GoneAway


class SpdyError(ConnectionError):
    """The other side does not speak SPDY/3.1."""


class Session:
    """One connection's framing."""

    def __init__(self, *, client: bool):
        self._next_stream = 1 if client else 2
        self._compressor = blocks.Compressor()
        self._decompressor = blocks.Decompressor()
        self._received = bytearray()
        self._unsent: list[bytes] = []

    def data_to_send(self) -> bytes:
        """What must be sent now; empties the buffer."""
        unsent, self._unsent = self._unsent, []
        return b"".join(unsent)

    # -- receiving ----------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Event]:
        """Events of the frames that are complete; raises SpdyError."""
        self._received += data
        events: list[Event] = []
        while len(self._received) >= 8:
            first, second = struct.unpack_from(">II", self._received)
            size = second & 0xFFFFFF
            if len(self._received) < 8 + size:
                break
            payload = bytes(self._received[8 : 8 + size])
            del self._received[: 8 + size]
            ended = bool(second >> 24 & FIN)
            if not first >> 31:
                events.append(Data(first, payload, ended))
                continue
            if first >> 16 & 0x7FFF != VERSION:
                raise SpdyError("the other side does not speak SPDY version 3")
            try:
                event = self._control(first & 0xFFFF, payload, ended)
            except (struct.error, blocks.HeaderError) as error:
                raise SpdyError(f"a SPDY frame is broken: {error}") from error
            if event is not None:
                events.append(event)
        return events

    def _control(self, kind: int, payload: bytes, ended: bool) -> Event | None:
        if kind == SYN_STREAM:
            return Opened(_number(payload), self._decompressor.headers(payload[10:]), ended)
        if kind == SYN_REPLY:
            return Replied(_number(payload), self._decompressor.headers(payload[4:]))
        if kind == HEADERS:
            self._decompressor.headers(payload[4:])
            return Data(_number(payload), b"", True) if ended else None
        if kind == RST_STREAM:
            return Reset(*struct.unpack(">II", payload))
        if kind == GOAWAY:
            return GoneAway(_number(payload))
        if kind == PING:
            self._answer_ping(payload)
        return None  # SETTINGS, WINDOW_UPDATE and what is unknown ask nothing of us

    def _answer_ping(self, payload: bytes) -> None:
        if _number(payload) % 2 != self._next_stream % 2:  # not one of ours coming back
            self._control_frame(PING, payload)

    # -- sending ------------------------------------------------------------------------------------------------

    def open(self, headers: Mapping[str, str]) -> int:
        """Open a stream; its number."""
        stream = self._next_stream
        self._next_stream += 2
        block = self._compressor.block(headers)
        self._control_frame(SYN_STREAM, struct.pack(">IIH", stream, 0, 0) + block)
        return stream

    def reply(self, stream: int, headers: Mapping[str, str] | None = None) -> None:
        """Accept a stream that the other side opened."""
        self._control_frame(SYN_REPLY, struct.pack(">I", stream) + self._compressor.block(headers or {}))

    def send(self, stream: int, data: bytes, *, end: bool = False) -> None:
        for start in range(0, len(data), DATA_FRAME):
            piece = data[start : start + DATA_FRAME]
            last = end and start + DATA_FRAME >= len(data)
            self._unsent += (struct.pack(">II", stream & _STREAM, (FIN if last else 0) << 24 | len(piece)), piece)
        if end and not data:
            self._unsent.append(struct.pack(">II", stream & _STREAM, FIN << 24))

    def reset(self, stream: int, status: int = CANCEL) -> None:
        self._control_frame(RST_STREAM, struct.pack(">II", stream, status))

    def go_away(self) -> None:
        self._control_frame(GOAWAY, struct.pack(">II", 0, 0))

    def _control_frame(self, kind: int, payload: bytes) -> None:
        self._unsent += (struct.pack(">HHI", 0x8000 | VERSION, kind, len(payload)), payload)


def _number(payload: bytes) -> int:
    return int(struct.unpack_from(">I", payload)[0]) & _STREAM
