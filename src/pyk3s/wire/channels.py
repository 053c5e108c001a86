"""The remote-command protocols over WebSocket: each message belongs to a channel, told by its first byte.

`v5.channel.k8s.io` can end a single channel; before v4 the error channel carries plain text, and nothing on success;
the `base64.` forms are for browsers: the channel is a digit, the data base64 text.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import NamedTuple

STDIN, STDOUT, STDERR, ERROR, RESIZE, END = 0, 1, 2, 3, 4, 255
PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v3.channel.k8s.io",
    "v2.channel.k8s.io",
    "channel.k8s.io",
    "base64.v4.channel.k8s.io",
    "base64.channel.k8s.io",
)


class Arrived(NamedTuple):
    """Data of a channel; `ended` where the sender says that no more comes."""

    channel: int
    data: bytes
    ended: bool = False


class ChannelError(ValueError):
    """A message does not fit the protocol."""


def negotiate(offered: Iterable[str]) -> str | None:
    """The first protocol on offer that is spoken here; none on offer is the oldest one; None if none fits."""
    wanted = list(offered)
    if not wanted:
        return "channel.k8s.io"
    return next((each for each in wanted if each in PROTOCOLS), None)


class Protocol:
    """How one negotiated protocol puts channels into messages."""

    def __init__(self, name: str):
        self._base64 = name.startswith("base64.")
        self._ends_channels = name.startswith("v5.")
        self.structured_errors = "v5." in name or "v4." in name
        """Whether the error channel carries a Status object, also on success."""

    def pack(self, channel: int, data: bytes) -> tuple[bytes, bool]:
        """The message, and whether it is text."""
        if self._base64:
            return b"%d" % channel + base64.b64encode(data), True
        return bytes((channel,)) + data, False

    def unpack(self, message: bytes) -> Arrived:
        """What a message brings; raises ChannelError."""
        if not message:
            raise ChannelError("a message has no channel")
        if self._base64:
            return self._unpack_text(message)
        if message[0] == END and self._ends_channels:
            if len(message) != 2:
                raise ChannelError("a message that ends a channel does not say which")
            return Arrived(message[1], b"", True)
        return Arrived(message[0], message[1:])

    @staticmethod
    def _unpack_text(message: bytes) -> Arrived:
        try:
            return Arrived(int(message[:1]), base64.b64decode(message[1:]))
        except (ValueError, binascii.Error) as error:
            raise ChannelError("a message is not a channel's digit and base64") from error
