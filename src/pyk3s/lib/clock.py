"""Time as a parameter: what decides by time takes a Clock, so tests run on a virtual one."""

import asyncio
import datetime
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


def rfc3339(seconds: float) -> str:
    """`2026-01-31T12:00:00Z`: metav1.Time, whole seconds, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def rfc3339_micro(seconds: float) -> str:
    """`2026-01-31T12:00:00.000000Z`: metav1.MicroTime, UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> float:
    """Seconds since 1970 of a metav1.Time or MicroTime; raises ValueError."""
    return datetime.datetime.fromisoformat(text).timestamp()
