"""Owned tasks: every task has a name, an owner and a defined end.

A TaskOwner is an asynchronous context manager. Leaving it cancels what still runs and waits for it. A task that fails
does not vanish: its error is kept and re-raised to whoever waits on `run`, or handed to `on_failure` if one was given.
"""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

Failure = Callable[[str, BaseException], None]


class TaskOwner:
    """Starts tasks and ends them together."""

    def __init__(self, name: str, on_failure: Failure | None = None):
        self.name = name
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failed: asyncio.Future[None] | None = None

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` as a task of this owner; its name is shown in logs and stack dumps."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if self._on_failure:
            self._on_failure(task.get_name(), error)
            return
        failed = self._failure()
        if not failed.done():
            failed.set_exception(error)

    def _failure(self) -> "asyncio.Future[None]":
        if self._failed is None:
            self._failed = asyncio.get_running_loop().create_future()
        return self._failed

    async def run(self) -> None:
        """Wait until a task fails and raise its error; ends only by that or by cancellation."""
        await asyncio.shield(self._failure())

    async def close(self) -> None:
        """Cancel every task and wait until each has ended."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failed is not None and self._failed.done() and not self._failed.cancelled():
            self._failed.exception()  # seen, so that asyncio does not complain at exit

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
