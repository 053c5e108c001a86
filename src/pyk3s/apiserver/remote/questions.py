"""Questions to somebody else: asked once at a time, answers remembered for as long as they hold.

Authentication and authorisation never wait. What is not known yet raises `identity.Unsettled`; the front waits for the
answer and takes the request up again. An answer holds for at least `LEAST_S`, so that it is there when the request
comes back, and so that somebody who does not answer is not asked by every request.

Who is not known yet can make us ask, so what they cost is bounded: `MOST_OPEN` questions at a time, more are told to
come back later; `REMEMBERED` answers, of which the least recently used go first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, NamedTuple, TypeVar

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.lib import clock as clocks
from pyk3s.lib import tasks

LEAST_S = 1.0
MOST_OPEN = 64
REMEMBERED = 4096
Key = TypeVar("Key", bound=Hashable)
Reply = TypeVar("Reply")


class Told(NamedTuple, Generic[Reply]):
    """A reply, and how many seconds it holds."""

    reply: Reply
    holds_s: float


Ask = Callable[[], Coroutine[Any, Any, Told[Reply]]]
"""Asks one question. Never raises: what goes wrong is a reply too."""


class Questions(Generic[Key, Reply]):
    """The questions to one party."""

    def __init__(self, name: str, clock: clocks.Clock):
        self._clock = clock
        self._known: OrderedDict[Key, tuple[Reply, float]] = OrderedDict()
        self._open: dict[Key, asyncio.Task[None]] = {}
        self._tasks = tasks.TaskOwner(name)

    def answer(self, key: Key, ask: Ask[Reply]) -> Reply:
        """What is known; raises Unsettled where `ask` must be asked first."""
        found = self._known.get(key)
        if found is not None and self._clock.monotonic() < found[1]:
            self._known.move_to_end(key)
            return found[0]
        raise identity.Unsettled(lambda: self._settle(key, ask))

    async def close(self) -> None:
        """Give up what is being asked."""
        await self._tasks.close()

    async def _settle(self, key: Key, ask: Ask[Reply]) -> None:
        task = self._open.get(key)
        if task is None:
            if len(self._open) >= MOST_OPEN:
                raise status.too_many_requests("too many requests wait for a webhook", 1)
            task = self._open[key] = self._tasks.start(self._ask(key, ask), "ask")
        await asyncio.shield(task)

    async def _ask(self, key: Key, ask: Ask[Reply]) -> None:
        try:
            told = await ask()
        finally:
            del self._open[key]
        self._known[key] = told.reply, self._clock.monotonic() + max(told.holds_s, LEAST_S)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
