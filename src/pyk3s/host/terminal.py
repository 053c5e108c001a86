"""The user's terminal: raw while a remote one is shown in it, its size, and input that does not block the loop."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO

CHUNK = 64 * 1024


def descriptor(stream: IO[bytes]) -> int | None:
    """The file descriptor of a stream that is a terminal, or None."""
    try:
        number = stream.fileno()
    except (OSError, AttributeError):
        return None
    return number if os.isatty(number) else None


@contextlib.contextmanager
def raw(number: int) -> Iterator[None]:
    """Every key goes to the other side as it is, until the end of the block."""
    import termios
    import tty

    before = termios.tcgetattr(number)
    tty.setraw(number)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


@contextlib.contextmanager
def sizes(number: int, changed: Callable[[int, int], None]) -> Iterator[None]:
    """Tell the size (columns, lines) now and whenever it changes, until the end of the block."""

    def tell() -> None:
        size = os.get_terminal_size(number)
        changed(size.columns, size.lines)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, tell)
    tell()
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


async def input_of(stream: IO[bytes]) -> AsyncIterator[bytes]:
    """What comes on a stream, read by a thread that nobody waits for: a read from a terminal cannot be called back."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue(1)
    read = _unbuffered(stream)

    def pump() -> None:
        with contextlib.suppress(RuntimeError, OSError, ValueError):  # the loop or the stream has ended meanwhile
            while True:
                data = read(CHUNK)
                asyncio.run_coroutine_threadsafe(arrived.put(data), loop).result()
                if not data:
                    return

    threading.Thread(target=pump, daemon=True).start()
    while data := await arrived.get():
        yield data


def _unbuffered(stream: IO[bytes]) -> Callable[[int], bytes]:
    """Past the stream's buffer where there is one: a thread that waits inside it would make Python abort at exit."""
    try:
        number = stream.fileno()
    except (OSError, AttributeError):
        return stream.read
    return lambda most: os.read(number, most)
