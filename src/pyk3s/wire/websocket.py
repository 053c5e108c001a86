"""WebSocket (RFC 6455) without I/O, both roles: bytes in, messages out; messages in, bytes to send out.

Fragments are joined, pings answered, the closing handshake completed. No extensions. The opening handshake is plain
HTTP: `client_headers` and `server_headers` are all there is to it.
"""

import base64
import hashlib
import os
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, PROTOCOL_ERROR, INVALID_DATA, TOO_LARGE, INTERNAL_ERROR = 1000, 1002, 1007, 1009, 1011
NO_STATUS = 1005
MOST_BYTES = 32 * 1024 * 1024
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Message(NamedTuple):
    """A whole message. Text is handed over as its bytes, which are UTF-8."""

    data: bytes
    text: bool


class Closed(NamedTuple):
    """The other side has closed, or broke the protocol; nothing follows."""

    code: int
    reason: str


Event = Message | Closed


def accept_key(key: str) -> str:
    """The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def client_headers(protocols: str) -> dict[str, str]:
    """The headers with which a client asks for a WebSocket; `protocols` separated by commas."""
    key = base64.b64encode(os.urandom(16)).decode()
    asked = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    return asked | ({"Sec-WebSocket-Protocol": protocols} if protocols else {})


def server_headers(key: str, protocol: str) -> list[tuple[bytes, bytes]]:
    """The headers with which a server accepts a WebSocket; `protocol` is empty where none was asked for."""
    headers = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", accept_key(key).encode()),
    ]
    return headers + ([(b"sec-websocket-protocol", protocol.encode())] if protocol else [])


class _ProtocolError(Exception):
    def __init__(self, code: int, reason: str):
        super().__init__(reason)
        self.code = code


class WebSocket:
    """One connection after its opening handshake."""

    def __init__(self, *, client: bool, most_bytes: int = MOST_BYTES):
        self._client = client
        self._most_bytes = most_bytes
        self._received = bytearray()
        self._fragments: list[bytes] = []
        self._fragmented = CONTINUATION  # the kind of the message that is arriving in fragments
        self._unsent: list[bytes] = []
        self._close_sent = self._ended = False

    def data_to_send(self) -> bytes:
        """What must be sent now; empties the buffer."""
        unsent, self._unsent = self._unsent, []
        return b"".join(unsent)

    def send(self, data: bytes, *, text: bool = False) -> None:
        if not self._close_sent:
            self._frame(TEXT if text else BINARY, data)

    def ping(self) -> None:
        if not self._close_sent:
            self._frame(PING, b"")

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Begin or complete the closing handshake."""
        if not self._close_sent:
            self._close_sent = True
            self._frame(CLOSE, b"" if code == NO_STATUS else struct.pack(">H", code) + reason.encode()[:123])

    def receive(self, data: bytes) -> list[Event]:
        """The messages that are complete. A broken protocol is a Closed event, and its close frame is to be sent."""
        if self._ended:
            return []
        self._received += data
        events: list[Event] = []
        try:
            while (frame := self._next_frame()) is not None:
                event = self._take(*frame)
                if event is not None:
                    events.append(event)
                    if isinstance(event, Closed):
                        self._ended = True
                        break
        except _ProtocolError as error:
            self._ended = True
            self.close(error.code, str(error))
            events.append(Closed(error.code, str(error)))
        return events

    # -- frames -------------------------------------------------------------------------------------------------

    def _next_frame(self) -> tuple[int, bool, bytes] | None:
        """Kind, whether it is final, and payload of the next complete frame."""
        received = self._received
        if len(received) < 2:
            return None
        first, second = received[0], received[1]
        if first & 0x70:
            raise _ProtocolError(PROTOCOL_ERROR, "reserved bits are set")
        if bool(second & 0x80) is self._client:
            raise _ProtocolError(PROTOCOL_ERROR, "only a client masks its frames, and it must")
        size, position = second & 0x7F, 2
        if size > 125:
            form = ">H" if size == 126 else ">Q"
            position += struct.calcsize(form)
            if len(received) < position:
                return None
            (size,) = struct.unpack_from(form, received, 2)
        if first & 8 and (size > 125 or not first & 0x80):
            raise _ProtocolError(PROTOCOL_ERROR, "a control frame is long or fragmented")
        if size > self._most_bytes:
            raise _ProtocolError(TOO_LARGE, "the message is too large")
        start = position + (0 if self._client else 4)
        if len(received) < start + size:
            return None
        payload = bytes(received[start : start + size])
        if not self._client:
            payload = _masked(payload, bytes(received[position:start]))
        del received[: start + size]
        return first & 0x0F, bool(first & 0x80), payload

    def _take(self, kind: int, final: bool, payload: bytes) -> Event | None:
        if kind == CLOSE:
            return self._take_close(payload)
        if kind == PING:
            if not self._close_sent:
                self._frame(PONG, payload)
            return None
        if kind == PONG:
            return None
        if kind not in (CONTINUATION, TEXT, BINARY) or (kind == CONTINUATION) is (self._fragmented == CONTINUATION):
            raise _ProtocolError(PROTOCOL_ERROR, "a frame is out of place")
        if kind != CONTINUATION:
            self._fragmented = kind
        self._fragments.append(payload)
        if sum(map(len, self._fragments)) > self._most_bytes:
            raise _ProtocolError(TOO_LARGE, "the message is too large")
        if not final:
            return None
        message = Message(b"".join(self._fragments), self._fragmented == TEXT)
        self._fragments, self._fragmented = [], CONTINUATION
        if message.text:
            _check_text(message.data)
        return message

    def _take_close(self, payload: bytes) -> Closed:
        if len(payload) == 1:
            raise _ProtocolError(PROTOCOL_ERROR, "a close frame has half a code")
        code = struct.unpack_from(">H", payload)[0] if payload else NO_STATUS
        if payload and not (1000 <= code <= 1003 or 1007 <= code <= 1011 or 3000 <= code <= 4999):
            raise _ProtocolError(PROTOCOL_ERROR, "a close frame has an unknown code")
        _check_text(payload[2:])
        self.close(code)
        return Closed(code, payload[2:].decode())

    def _frame(self, kind: int, payload: bytes) -> None:
        size, mask_bit = len(payload), 0x80 if self._client else 0
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, mask_bit | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, mask_bit | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, mask_bit | 127, size)
        if self._client:
            key = os.urandom(4)
            head, payload = head + key, _masked(payload, key)
        self._unsent += (head, payload)


def _masked(payload: bytes, key: bytes) -> bytes:
    """Payload XOR the repeated key, in one big-integer operation."""
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def _check_text(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise _ProtocolError(INVALID_DATA, "the text is not UTF-8") from error
