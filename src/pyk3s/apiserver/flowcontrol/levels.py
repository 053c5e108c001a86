"""Seats and queues of priority levels.

A level has seats in proportion to its shares. It may use those that other levels lend while they are idle. Who gets no
seat waits in one of the level's queues, the shortest of a hand dealt by its flow, so that one busy flow does not fill
all; queues are served in turn. A full queue refuses.
"""

import asyncio
import math
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

JSON = dict[str, Any]
SEATS = 600
"""Requests at a time, of all limited levels together."""


class Refused(Exception):
    """There is no seat, and no place to wait for one."""


class Level:
    """One priority level."""

    def __init__(self, name: str, uid: str, spec: JSON):
        self.name, self.uid = name, uid
        self.is_exempt = spec["type"] == "Exempt"
        limited = spec.get("limited") or {}
        self.shares: int = limited.get("nominalConcurrencyShares", 0)
        self._lendable_percent: int = limited.get("lendablePercent", 0)
        self._borrowing_percent: int | None = limited.get("borrowingLimitPercent")
        queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
        self._hand, self._longest = queuing.get("handSize", 0), queuing.get("queueLengthLimit", 0)
        self._queues: list[deque[asyncio.Future[None]]] = [deque() for _ in range(queuing.get("queues", 0))]
        self._turn = 0
        self.nominal = 0
        self.busy = self.waiting = self.refused = 0

    @property
    def lends(self) -> int:
        """Idle seats that others may use."""
        return max(0, min(self.nominal * self._lendable_percent // 100, self.nominal - self.busy))

    def may_borrow(self, idle: int) -> bool:
        """Whether one more seat beyond the own ones may be taken, of `idle` lent ones."""
        extra = self.busy - self.nominal
        limit = self._borrowing_percent
        return extra < idle and (limit is None or extra < self.nominal * limit // 100)

    def queue(self, flow: str, future: asyncio.Future[None]) -> deque[asyncio.Future[None]]:
        """Let a request wait; raises Refused. The queue is returned, so that who gives up can leave it."""
        if not self._queues:
            raise Refused
        chosen = min((self._queues[index] for index in self._dealt(flow)), key=len)
        if len(chosen) >= self._longest:
            raise Refused
        chosen.append(future)
        self.waiting += 1
        return chosen

    def _dealt(self, flow: str) -> Iterable[int]:
        """The queues of a flow: always the same ones."""
        count = len(self._queues)
        seed = zlib.crc32(flow.encode())
        step = 1 + (seed // count) % max(1, count - 1)
        return {(seed + turn * step) % count for turn in range(self._hand)}

    def next(self) -> asyncio.Future[None] | None:
        """Who waits longest in the queue whose turn it is."""
        if not self.waiting:
            return None
        for _ in self._queues:
            self._turn = (self._turn + 1) % len(self._queues)
            if queue := self._queues[self._turn]:
                self.waiting -= 1
                return queue.popleft()
        return None


class Levels:
    """All levels, sharing the seats of the server."""

    def __init__(self, levels: Sequence[Level], seats: int = SEATS):
        self._levels = {level.name: level for level in levels}
        total = sum(level.shares for level in levels) or 1
        for level in levels:
            level.nominal = math.ceil(seats * level.shares / total)

    def __iter__(self) -> Iterator[Level]:
        return iter(self._levels.values())

    def get(self, name: str) -> Level | None:
        return self._levels.get(name)

    async def enter(self, level: Level, flow: str, patience_s: float) -> None:
        """Take a seat, after waiting for it if need be; raises Refused."""
        if level.is_exempt or (not level.waiting and self._has_seat(level)):
            level.busy += 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            queue = level.queue(flow, future)
        except Refused:
            level.refused += 1
            raise
        try:
            await asyncio.wait_for(asyncio.shield(future), patience_s)
        except BaseException as error:
            if future in queue:
                queue.remove(future)
                level.waiting -= 1
            elif future.done():
                self.leave(level)
            if isinstance(error, TimeoutError):
                level.refused += 1
                raise Refused from None
            raise

    def leave(self, level: Level) -> None:
        """Give a seat back: to who waits for it, in this level or in one that may borrow it."""
        level.busy -= 1
        for each in (level, *self._levels.values()):
            while each.waiting and self._has_seat(each):
                future = each.next()
                if future is None:
                    break
                each.busy += 1
                future.set_result(None)

    def _has_seat(self, level: Level) -> bool:
        if level.busy < level.nominal:
            return True
        return level.may_borrow(sum(each.lends for each in self._levels.values() if each is not level))
