"""A queue of keys: each key once, one worker per key at a time, delays and back-off per key.

A key added while a worker has it is queued again when that worker is done, so no change is lost. Nothing is polled: a
delayed key costs one timer.
"""

import asyncio
import collections
from collections.abc import Callable
from typing import Protocol

from pyk3s.lib import backoff


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


class WorkQueue:
    """Keys waiting for workers."""

    def __init__(
        self, *, first_delay_s: float = 0.005, most_delay_s: float = 300.0, call_later: CallLater | None = None
    ):
        self._first_delay_s, self._most_delay_s = first_delay_s, most_delay_s
        self._call_later = call_later or (lambda delay, done: asyncio.get_running_loop().call_later(delay, done))
        self._waiting: collections.OrderedDict[str, None] = collections.OrderedDict()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._delayed: dict[str, tuple[float, Timer]] = {}
        self._backoffs: dict[str, backoff.Backoff] = {}
        self._takers: collections.deque[asyncio.Future[None]] = collections.deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """No key waits or is worked on now; delayed ones do not count."""
        return not self._waiting and not self._busy

    def add(self, key: str) -> None:
        """Queue `key` now."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting[key] = None
            self._wake()

    def add_after(self, key: str, seconds: float, *, replace: bool = False) -> None:
        """Queue `key` in `seconds`; an earlier pending delay wins unless it is to be replaced."""
        if seconds <= 0:
            self.add(key)
            return
        due = asyncio.get_running_loop().time() + seconds
        if pending := self._delayed.get(key):
            if pending[0] <= due and not replace:
                return
            pending[1].cancel()
        self._delayed[key] = (due, self._call_later(seconds, lambda: self._ripe(key)))

    def add_failed(self, key: str) -> float:
        """Queue `key` after its back-off, which doubles until `forget`; returns the delay in seconds."""
        pause = self._backoffs.get(key)
        if pause is None:
            pause = self._backoffs[key] = backoff.Backoff(self._first_delay_s, self._most_delay_s)
        delay = pause.next()
        self.add_after(key, delay)
        return delay

    def forget(self, key: str) -> None:
        """The key succeeded or is no more: its back-off begins again at the first delay."""
        self._backoffs.pop(key, None)

    def drop_delay(self, key: str) -> None:
        """Give up a pending delayed addition."""
        if pending := self._delayed.pop(key, None):
            pending[1].cancel()

    async def take(self) -> str:
        """The next key; the caller owes `done(key)`."""
        while not self._waiting:
            taker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            await taker
        key, _ = self._waiting.popitem(last=False)
        self._busy.add(key)
        return key

    def done(self, key: str) -> None:
        """The worker is finished with the key; queue it if it was added meanwhile."""
        self._busy.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Cancel all timers."""
        for _, timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()

    def _ripe(self, key: str) -> None:
        self._delayed.pop(key, None)
        self.add(key)

    def _wake(self) -> None:
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(None)
                return
