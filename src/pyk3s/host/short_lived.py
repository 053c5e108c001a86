"""Work in a forked process that ends with it: what it imports and holds is gone afterwards, keys included.

The child inherits the parent's memory (see `forked`), does its work, writes the result into a pipe and ends.
"""

import asyncio
import errno
import functools
import os
import signal
from collections.abc import Callable
from typing import NamedTuple

from pyk3s.host import forked
from pyk3s.lib.failure import Failure

Work = Callable[[], bytes]
_DONE, _REFUSED = b"+", b"-"
_CHUNK = 65536


class _Child(NamedTuple):
    pid: int
    reading: int


def run(work: Work) -> bytes:
    """What `work` returned; raises Failure with the words of the Failure, ValueError or OSError that it raised."""
    child = _fork(work)
    with os.fdopen(child.reading, "rb") as pipe:
        told = pipe.read()
    return _result(child, told)


async def run_in_loop(work: Work) -> bytes:
    """The same without keeping the event loop waiting."""
    child = _fork(work)
    os.set_blocking(child.reading, False)
    loop, told, ended = asyncio.get_running_loop(), bytearray(), asyncio.Event()

    def ready() -> None:
        data = os.read(child.reading, _CHUNK)
        told.extend(data)
        if not data:
            loop.remove_reader(child.reading)
            ended.set()

    loop.add_reader(child.reading, ready)
    try:
        await ended.wait()
    except asyncio.CancelledError:
        loop.remove_reader(child.reading)
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)  # noqa: ASYNC222 - just killed
        raise
    finally:
        os.close(child.reading)
    return _result(child, bytes(told))


def _fork(work: Work) -> _Child:
    reading, writing = os.pipe()
    pid = forked.fork(functools.partial(_in_child, work, writing), writing)
    os.close(writing)
    return _Child(pid, reading)


def _in_child(work: Work, writing: int) -> int:
    try:
        _tell(writing, _DONE + work())
    except (Failure, ValueError) as error:
        _tell(writing, _REFUSED + str(error).encode())
    except OSError as error:
        remedy = "free some space" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        _tell(writing, _REFUSED + f"cannot write {error.filename or 'a file'}: {remedy}".encode())
    return 0


def _tell(writing: int, data: bytes) -> None:
    while data:
        data = data[os.write(writing, data) :]


def _result(child: _Child, told: bytes) -> bytes:
    _, status = os.waitpid(child.pid, 0)
    if told[:1] == _DONE and not status:
        return told[1:]
    if told[:1] == _REFUSED:
        raise Failure(told[1:].decode(errors="replace"))
    raise Failure(f"a short-lived process ended with status {os.waitstatus_to_exitcode(status)}")
