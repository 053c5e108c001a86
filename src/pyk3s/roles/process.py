"""How each child process runs its asynchronous work: on uvloop, until it fails or a signal asks it to end."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Objects made between looks for cycles. Requests make trees, which need no collector: Python's 700 costs a create 10 %.
GARBAGE_THRESHOLD = 25_000


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run to the end. A stop signal cancels the work, which then cleans up behind itself."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(work))


async def _until_stopped(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    main = asyncio.current_task()
    assert main is not None
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        main.cancel()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await work()
    except asyncio.CancelledError:
        if not told:
            raise
