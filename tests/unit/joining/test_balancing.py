"""Which server a connection goes to, and a balancer on loopback in front of servers that come and go."""

import asyncio
import contextlib
import json

import pytest
from ports import free_port

from pyk3s.joining.agent import balancer, balancing
from pyk3s.lib import clock, tasks
from pyk3s.lib.failure import Failure


def test_the_told_address_is_the_first_and_later_the_last_resort():
    servers = balancing.Servers("lb:6443")
    assert servers.order(0) == ["lb:6443"]
    servers.learn(["a:6443", "b:6443"])
    assert servers.order(0) == ["a:6443", "b:6443", "lb:6443"]


def test_the_one_that_works_is_stayed_with():
    servers = balancing.Servers("a:1", ["a:1", "b:1"])
    servers.worked("b:1")
    assert servers.order(0) == ["b:1", "a:1"]


def test_one_that_failed_comes_last_for_a_while():
    servers = balancing.Servers("a:1", ["a:1", "b:1"])
    servers.failed("a:1", now=100)
    assert servers.order(100) == ["b:1", "a:1"]
    assert servers.order(100 + balancing.AVOIDED_S) == ["a:1", "b:1"]


def test_one_that_works_again_is_forgiven():
    servers = balancing.Servers("a:1", ["a:1", "b:1"])
    servers.failed("a:1", now=100)
    servers.worked("a:1")
    assert servers.order(100) == ["a:1", "b:1"]


def test_an_empty_list_is_not_believed():
    servers = balancing.Servers("a:1", ["b:1"])
    assert not servers.learn([])
    assert servers.addresses == ["b:1", "a:1"]


@pytest.mark.parametrize(
    ("url", "address"),
    [("https://h", "h:443"), ("https://h:6443", "h:6443"), ("https://[2001:db8::1]:1", "[2001:db8::1]:1")],
)
def test_a_url_has_a_host_and_a_port(url, address):
    assert balancer.host_port(url) == address


@contextlib.asynccontextmanager
async def server(name, port=0):
    """Says its name to whoever connects, and keeps the connection."""
    writers = []

    async def serve(reader, writer):
        writers.append(writer)
        writer.write(name)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def balanced(folder, *ports):
    port = free_port()
    made = balancer.Balancer(f"https://127.0.0.1:{ports[0]}", port, folder, clock.SystemClock())
    made.learn([f"127.0.0.1:{each}" for each in ports])
    async with tasks.TaskOwner("test") as owner:
        running = owner.start(made.run(), "balancer")
        while not running.done():
            with contextlib.suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.transport.abort()
                break
            await asyncio.sleep(0)
        yield made, port


async def asked(port):
    """Who answers there; nothing if the connection ends at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        return await reader.read(1), reader, writer
    return b"", reader, writer


def test_connections_go_on_to_another_server_when_one_is_gone(tmp_path):
    async def run():
        async with server(b"b") as second:
            async with server(b"a") as first, balanced(tmp_path, first, second) as (_, port):
                before, _, one = await asked(port)
                one.transport.abort()
            async with balanced(tmp_path, first, second) as (_, port):
                after, _, two = await asked(port)
                two.transport.abort()
            return before, after

    assert asyncio.run(run()) == (b"a", b"b")


def test_a_suspect_server_loses_its_connections(tmp_path):
    async def run():
        async with server(b"a") as first, server(b"b") as second, balanced(tmp_path, first, second) as (made, port):
            _, reader, one = await asked(port)
            made.suspect(f"127.0.0.1:{first}")
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            one.transport.abort()
            name, _, two = await asked(port)
            two.transport.abort()
            return name

    assert asyncio.run(run()) == b"b"


def test_without_any_server_connections_end_at_once(tmp_path):
    async def run():
        async with balanced(tmp_path, free_port()) as (_, port):
            name, _, writer = await asked(port)
            writer.transport.abort()
            return name

    assert asyncio.run(run()) == b""


def test_the_list_of_servers_outlives_a_restart(tmp_path):
    made = balancer.Balancer("https://lb:6443", 1, tmp_path, clock.SystemClock())
    made.learn(["a:6443", "b:6443"])
    assert json.loads((tmp_path / balancer.FILE).read_text())["ServerURL"] == "https://lb:6443"
    again = balancer.Balancer("https://lb:6443", 1, tmp_path, clock.SystemClock())
    assert again.servers.addresses == ["a:6443", "b:6443", "lb:6443"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"ServerAddresses": 1}', '{"ServerAddresses": [1, null]}', '{"ServerAddresses": ["x"]}']
)
def test_a_damaged_list_is_as_none(tmp_path, text):
    path = tmp_path / balancer.FILE
    path.parent.mkdir()
    path.write_text(text)
    assert balancer.kept(tmp_path) == []


def test_a_taken_port_is_said_with_the_flag_that_chooses_another(tmp_path):
    async def run():
        async with server(b"a") as port:
            made = balancer.Balancer("https://a:1", port, tmp_path, clock.SystemClock())
            with pytest.raises(Failure, match="choose another port with --lb-server-port"):
                await made.run()

    asyncio.run(run())
