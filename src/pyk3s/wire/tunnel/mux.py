"""Streams in the messages of one WebSocket, without I/O: messages in, events out; calls in, messages to send out.

A message is one frame: kind (1 byte), stream (4 bytes), payload. Only one side opens streams. Each direction of a
stream has a window: who sends more than the other has room for breaks the protocol, so no reader is ever flooded. A
frame opens a stream to the one place that the other side has decided on: it cannot name another.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

OPEN, DATA, END, RESET, WINDOW = 1, 2, 3, 4, 5
ROOM = 256 * 1024  # bytes of a stream that may be under way or unread
MOST_DATA = 32 * 1024  # in one frame, so that streams take turns
MOST_STREAMS = 1024
_HEAD = struct.Struct(">BI")
_COUNT = struct.Struct(">I")


class Opened(NamedTuple):
    stream: int


class Data(NamedTuple):
    stream: int
    data: bytes


class Ended(NamedTuple):
    """The other side sends no more."""

    stream: int


class Reset(NamedTuple):
    """The stream is over in both directions."""

    stream: int
    reason: str


class Room(NamedTuple):
    """More may be sent."""

    stream: int


Event = Opened | Data | Ended | Reset | Room


class TunnelError(ConnectionError):
    """The other side broke the protocol."""


@dataclass(slots=True)
class _Stream:
    room: int = ROOM  # what may still be sent
    granted: int = ROOM  # what the other side may still send
    taken: int = 0  # read here, and not granted again yet
    sent_end: bool = False
    got_end: bool = False


class Mux:
    """One side of a tunnel; `opens` is the side that opens streams."""

    def __init__(self, *, opens: bool):
        self._opens = opens
        self._streams: dict[int, _Stream] = {}
        self._last = 0  # the highest stream that was opened
        self._unsent: list[bytes] = []

    def messages(self) -> list[bytes]:
        """What must be sent now; empties the buffer."""
        unsent, self._unsent = self._unsent, []
        return unsent

    # -- sending ------------------------------------------------------------------------------------------------

    def open(self) -> int:
        """Open a stream; its number. Raises TunnelError where there are too many."""
        if len(self._streams) >= MOST_STREAMS:
            raise TunnelError("the tunnel has too many streams")
        self._last += 1
        self._streams[self._last] = _Stream()
        self._frame(OPEN, self._last)
        return self._last

    def room(self, stream: int) -> int:
        """How many bytes may be sent now; raises TunnelError when the stream is over."""
        if (found := self._streams.get(stream)) is None:
            raise TunnelError("the stream has ended")
        return found.room

    def send(self, stream: int, data: bytes) -> int:
        """Send as much as there is room for; how much that was."""
        room = self.room(stream)
        size = min(len(data), room)
        for start in range(0, size, MOST_DATA):
            self._frame(DATA, stream, data[start : min(size, start + MOST_DATA)])
        self._streams[stream].room -= size
        return size

    def end(self, stream: int) -> None:
        """Say that no more comes."""
        found = self._streams.get(stream)
        if found is not None and not found.sent_end:
            found.sent_end = True
            self._frame(END, stream)
            self._forget(stream)

    def reset(self, stream: int, reason: str = "") -> None:
        """Be done with a stream in both directions."""
        if self._streams.pop(stream, None) is not None:
            self._frame(RESET, stream, reason.encode()[:200])

    def took(self, stream: int, size: int) -> None:
        """The reader took bytes: the other side may send as many again, told in halves of the window."""
        found = self._streams.get(stream)
        if found is None or found.got_end:
            return
        found.taken += size
        if found.taken >= ROOM // 2:
            self._frame(WINDOW, stream, _COUNT.pack(found.taken))
            found.granted += found.taken
            found.taken = 0

    # -- receiving ----------------------------------------------------------------------------------------------

    def receive(self, message: bytes) -> Event | None:
        """What a message means; None for one about a stream that is over. Raises TunnelError."""
        if len(message) < _HEAD.size:
            raise TunnelError("a frame of the tunnel is too short")
        kind, stream = _HEAD.unpack_from(message)
        payload = message[_HEAD.size :]
        if kind == OPEN:
            return self._take_open(stream)
        if kind not in (DATA, END, RESET, WINDOW) or not 0 < stream <= self._last:
            raise TunnelError("a frame of the tunnel is out of place")
        found = self._streams.get(stream)
        if found is None:
            return None
        if kind == RESET:
            del self._streams[stream]
            return Reset(stream, payload.decode(errors="replace"))
        if kind == WINDOW:
            return self._take_window(stream, found, payload)
        if found.got_end:
            raise TunnelError("a stream of the tunnel goes on after its end")
        if kind == END:
            found.got_end = True
            self._forget(stream)
            return Ended(stream)
        found.granted -= len(payload)
        if found.granted < 0:
            raise TunnelError("a stream of the tunnel holds more than there is room for")
        return Data(stream, payload)

    def _take_open(self, stream: int) -> Event | None:
        if self._opens or stream != self._last + 1:
            raise TunnelError("a stream is opened out of turn")
        self._last = stream
        if len(self._streams) >= MOST_STREAMS:
            self._frame(RESET, stream, b"too many streams")
            return None
        self._streams[stream] = _Stream()
        return Opened(stream)

    @staticmethod
    def _take_window(stream: int, found: _Stream, payload: bytes) -> Event:
        if len(payload) != _COUNT.size:
            raise TunnelError("a window of the tunnel has no size")
        found.room += _COUNT.unpack(payload)[0]
        if found.room > ROOM:
            raise TunnelError("a window of the tunnel grew too large")
        return Room(stream)

    def _forget(self, stream: int) -> None:
        found = self._streams[stream]
        if found.sent_end and found.got_end:
            del self._streams[stream]

    def _frame(self, kind: int, stream: int, payload: bytes = b"") -> None:
        self._unsent.append(_HEAD.pack(kind, stream) + payload)
