"""Tunnels over a pair of sockets: relaying, slow readers, ends, and the heartbeat on a clock that the test moves."""

import asyncio
import contextlib
import socket

import pytest

from pyk3s.lib import clock, tasks
from pyk3s.wire import duplex
from pyk3s.wire.tunnel import connection, mux


class Hours:
    """A clock on which each sleeper waits until the test lets time pass."""

    def __init__(self):
        self.now = 0.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def time(self):
        return self.now

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        waiting = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, waiting))
        await waiting

    async def pass_by(self, seconds):
        self.now += seconds
        due = [each for each in self.sleepers if each[0] <= self.now]
        self.sleepers = [each for each in self.sleepers if each[0] > self.now]
        for _, waiting in due:
            if not waiting.done():
                waiting.set_result(None)
        for _ in range(20):
            await asyncio.sleep(0)


async def connected():
    near, far = socket.socketpair()
    loop = asyncio.get_running_loop()
    plugs = [(await loop.create_connection(duplex.DuplexProtocol, sock=each))[1] for each in (near, far)]
    return plugs[0].duplex, plugs[1].duplex


@contextlib.asynccontextmanager
async def tunnel(handle, time=None):
    """The server's end of a tunnel whose agent handles streams with `handle`."""
    near, far = await connected()
    times = {"ping_s": 5.0, "dead_s": 15.0, "time": time or clock.SystemClock()}
    server = connection.Connection(near, client=False, **times)
    agent = connection.Connection(far, client=True, handle=handle, **times)
    async with tasks.TaskOwner("test") as owner:
        owner.start(agent.run(), "agent")
        running = owner.start(server.run(), "server")
        yield server, agent, running


async def echo(stream):
    while data := await stream.read():
        await stream.write(data)
    await stream.end()


async def read_all(stream):
    found = b""
    while data := await stream.read():
        found += data
    return found


def test_what_is_written_comes_back_whole():
    sent = bytes(range(256)) * 8192  # 2 MiB, many times the window

    async def run():
        async with tunnel(echo) as (server, _, _):
            stream = server.open()

            async def write():
                await stream.write(sent)
                await stream.end()

            found, _ = await asyncio.gather(read_all(stream), write())
            return found

    assert asyncio.run(run()) == sent


def test_a_reader_that_does_not_read_holds_up_its_own_stream_alone():
    async def stubborn(stream):
        if stream.number == 1:
            await asyncio.get_running_loop().create_future()
        await echo(stream)

    async def run():
        async with tunnel(stubborn) as (server, _, _):
            stuck, free = server.open(), server.open()
            async with tasks.TaskOwner("writer") as owner:
                writing = owner.start(stuck.write(b"x" * (4 * mux.ROOM)), "stuck")
                await free.write(b"through")
                return await free.read(), writing.done()

    assert asyncio.run(run()) == (b"through", False)


def test_streams_end_with_the_tunnel():
    async def silent(stream):
        await asyncio.get_running_loop().create_future()

    async def run():
        async with tunnel(silent) as (server, agent, running):
            stream = server.open()
            await stream.write(b"x")
            agent.cut()
            await running
            with pytest.raises(ConnectionError):
                server.open()
            return await stream.read()

    assert asyncio.run(run()) == b""


def test_a_refused_stream_says_why():
    async def refuse(stream):
        await stream.reset("the kubelet does not answer")

    async def run():
        async with tunnel(refuse) as (server, _, _):
            stream = server.open()
            await stream.write(b"x")
            assert await stream.read() == b""
            return stream.reason

    assert asyncio.run(run()) == "the kubelet does not answer"


def test_a_tunnel_whose_other_end_vanished_is_cut_after_fifteen_seconds():
    async def run():
        time = Hours()
        near, far = await connected()  # the far end is open, and silent
        server = connection.Connection(near, client=False, ping_s=5.0, dead_s=15.0, time=time)
        async with tasks.TaskOwner("test") as owner:
            running = owner.start(server.run(), "server")
            await asyncio.sleep(0)
            states = []
            for _ in range(3):
                await time.pass_by(5)
                states.append(running.done())
            await running
            far.abort()
            return states

    assert asyncio.run(run()) == [False, False, True]


def test_greetings_keep_an_idle_tunnel_alive():
    async def run():
        time = Hours()
        async with tunnel(echo, time) as (server, _, running):
            for _ in range(12):
                await time.pass_by(5)
                await asyncio.sleep(0.001)  # the kernel carries the pings
            assert not running.done()
            stream = server.open()
            await stream.write(b"alive")
            return await stream.read()

    assert asyncio.run(run()) == b"alive"


def test_relaying_passes_everything_before_it_closes():
    async def run():
        outer, inner = await connected()

        async def to_far(stream):
            await connection.relay(stream, inner)

        async with tunnel(to_far) as (server, _, _):
            stream = server.open()
            await outer.write(b"y" * 300_000)
            outer.write_eof()
            found = await read_all(stream)
            await stream.write(b"thanks")
            await stream.end()
            answer = await outer.read()
            await outer.close()
            return len(found), answer

    assert asyncio.run(run()) == (300_000, b"thanks")
