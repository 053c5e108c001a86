"""Claims about the work queue, on timers that the test fires itself."""

import asyncio
from collections.abc import Callable

from pyk3s.client.workqueue import WorkQueue


class Timers:
    def __init__(self) -> None:
        self.pending: list[tuple[float, Callable[[], None], Timers.Timer]] = []

    class Timer:
        cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    def call_later(self, delay: float, done: Callable[[], None]) -> "Timers.Timer":
        timer = self.Timer()
        self.pending.append((delay, done, timer))
        return timer

    def delays(self) -> list[float]:
        return [delay for delay, _, timer in self.pending if not timer.cancelled]

    def fire(self) -> None:
        pending, self.pending = self.pending, []
        for _, done, timer in pending:
            if not timer.cancelled:
                done()


def test_a_key_waits_once() -> None:
    queue = WorkQueue()
    queue.add("a")
    queue.add("a")
    assert len(queue) == 1


def test_a_key_added_while_it_is_worked_on_comes_again_afterwards() -> None:
    async def work() -> None:
        queue = WorkQueue()
        queue.add("a")
        assert await queue.take() == "a"
        queue.add("a")
        assert len(queue) == 0
        queue.done("a")
        assert await queue.take() == "a"

    asyncio.run(work())


def test_failures_back_off_and_success_forgets_them() -> None:
    async def work() -> None:
        timers = Timers()
        queue = WorkQueue(first_delay_s=1, most_delay_s=3, call_later=timers.call_later)
        assert [queue.add_failed("a") for _ in range(3)] == [1, 2, 3]
        queue.forget("a")
        assert queue.add_failed("a") == 1

    asyncio.run(work())


def test_the_earlier_of_two_delays_wins_unless_it_is_replaced() -> None:
    async def work() -> None:
        timers = Timers()
        queue = WorkQueue(call_later=timers.call_later)
        queue.add_after("a", 5)
        queue.add_after("a", 9)
        assert timers.delays() == [5]
        queue.add_after("a", 9, replace=True)
        assert timers.delays() == [9]
        timers.fire()
        assert len(queue) == 1

    asyncio.run(work())


def test_a_waiting_worker_wakes() -> None:
    async def work() -> None:
        queue = WorkQueue()
        async with asyncio.TaskGroup() as group:
            taker = group.create_task(queue.take())
            await asyncio.sleep(0)
            queue.add("a")
        assert taker.result() == "a"

    asyncio.run(work())
