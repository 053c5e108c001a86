"""What has arrived on one stream of a connection that carries many, and was not read yet.

It is not bounded here: who feeds it holds back the other side, by windows or by not reading on.
"""

import asyncio
from collections import deque


class Arrivals:
    """Fed by the connection, taken by the stream's one reader."""

    def __init__(self) -> None:
        self.waiting_bytes = 0
        self._pieces: deque[bytes] = deque()
        self._ended = False
        self._changed = asyncio.Event()

    def feed(self, data: bytes = b"", *, ended: bool = False) -> None:
        """Bytes have arrived, or the end has; or, with neither, whoever waits for room shall look again."""
        if data:
            self._pieces.append(data)
            self.waiting_bytes += len(data)
        self._ended = self._ended or ended
        self._changed.set()

    async def changed(self) -> None:
        """Wait for the next feeding."""
        self._changed.clear()
        await self._changed.wait()

    async def take(self) -> bytes:
        """All bytes that are there, as soon as there are some; b"" at the end."""
        while not self._pieces:
            if self._ended:
                return b""
            await self.changed()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self.waiting_bytes = 0
        return data
