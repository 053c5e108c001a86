"""Time as a parameter: what decides by time takes a Clock, so tests run on a virtual one."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. `time` is seconds since 1970, `monotonic` seconds that never step back."""

    def time(self) -> float: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
