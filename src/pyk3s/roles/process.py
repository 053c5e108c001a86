"""How each child process runs its asynchronous work: on uvloop, until it fails or SIGTERM asks it to end."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

Work = Callable[[], Coroutine[Any, Any, None]]


def run(work: Work) -> None:
    """Run to the end. SIGTERM and SIGINT cancel the work, which then cleans up behind itself."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told_to_stop(work))


async def _until_told_to_stop(work: Work) -> None:
    main = asyncio.current_task()
    assert main is not None
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        main.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await work()
    except asyncio.CancelledError:
        if not told:
            raise
