"""A forked process that keeps one object and runs its methods: one call after the other, in the order they were made.

For work that blocks for long and often. A thread would do it too, but it takes the interpreter from the event loop
whenever it has to do with Python, and waits for it in between; a process has one of its own. Calls and answers are
pickled over a pair of sockets: what goes over it is made by this program alone.

The process hears no signal to stop, which may reach all of a terminal's processes: it ends when its owner closes it.
"""

import asyncio
import functools
import gc
import os
import pickle
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from pyk3s.host import forked, prctl

_LENGTH = struct.Struct("!Q")
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Answer(NamedTuple):
    """What a call returned, or the error it raised."""

    value: Any
    error: Exception | None = None


class Worker(asyncio.Protocol):
    """The owner's end. Made by `Forked.attach`."""

    _transport: asyncio.WriteTransport

    def __init__(self, process: "Forked"):
        self._name, self._lost = process.name, process.lost
        self.pid = process.pid
        loop = asyncio.get_running_loop()
        self.made = loop.create_future()
        """The first answer: its object has been made."""
        self.ended = loop.create_future()
        """Done when the process has ended, for whatever reason."""
        self._asked: deque[asyncio.Future[Any]] = deque((self.made,))
        self._received = bytearray()

    def call(self, method: str, *arguments: Any) -> "asyncio.Future[Any]":
        """What a method of the object returns; the future raises what it raised if that was foreseen."""
        future = asyncio.get_running_loop().create_future()
        if self.ended.done():
            future.set_exception(self.loss())
            return future
        self._asked.append(future)
        self._transport.writelines(_framed((method, arguments)))
        return future

    async def close(self) -> None:
        """Wait until what was asked is done and the process has ended."""
        if not self.ended.done():
            self._transport.write_eof()
        await self.ended

    # -- the transport ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        while len(received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
            if len(received) < end:
                return
            answer: _Answer = pickle.loads(memoryview(received)[_LENGTH.size : end])
            del received[:end]
            self._answer(answer)

    def _answer(self, answer: _Answer) -> None:
        future = self._asked.popleft()
        if future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.value)

    def connection_lost(self, error: Exception | None) -> None:
        os.waitpid(self.pid, 0)  # its socket is closed as it ends
        while self._asked:
            future = self._asked.popleft()
            if not future.done():
                future.set_exception(self.loss())
        self.ended.set_result(None)

    def loss(self) -> Exception:
        """What calls raise once the process has ended."""
        return self._lost(f"the process {self._name} has ended; what it was asked last may be done, or not")


class Forked(NamedTuple):
    """A process whose owner runs no event loop yet."""

    pid: int
    link: socket.socket
    name: str
    lost: type[Exception]

    async def attach(self) -> Worker:
        """Let the event loop own it; raises what making its object raised."""
        worker = Worker(self)
        await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=self.link)
        try:
            await worker.made
        except BaseException:
            await worker.close()
            raise
        return worker


def fork(make: Callable[[], Any], name: str, *, foreseen: type[Exception], lost: type[Exception]) -> Forked:
    """Fork a process around what `make` returns. Best before the owner grows: what that changes later is copied.

    A `foreseen` error is handed to whoever called; any other one ends the process, and calls raise `lost` from then on.
    """
    ours, theirs = socket.socketpair()
    try:
        pid = forked.fork(functools.partial(_main, theirs, make, name, foreseen), theirs.fileno())
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Forked(pid, ours, name, lost)


def _framed(message: object) -> tuple[bytes, bytes]:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)), data


# -- in the process -----------------------------------------------------------------------------------------------


def _main(link: socket.socket, make: Callable[[], Any], name: str, foreseen: type[Exception]) -> int:
    gc.freeze()  # a look for cycles must not write to every page that is shared with the parent
    prctl.set_name(name)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    with link, link.makefile("rb") as calls:
        try:
            kept = make()
        except foreseen as error:
            _tell(link, _Answer(None, error))
            return 0
        _tell(link, _Answer(None))
        while header := calls.read(_LENGTH.size):
            method, arguments = pickle.loads(calls.read(_LENGTH.unpack(header)[0]))
            try:
                answer = _Answer(getattr(kept, method)(*arguments))
            except foreseen as error:
                answer = _Answer(None, error)
            _tell(link, answer)
    return 0


def _tell(link: socket.socket, answer: _Answer) -> None:
    header, data = _framed(answer)
    link.sendall(header + data)
