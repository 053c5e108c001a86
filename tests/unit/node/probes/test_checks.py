import asyncio
import socket

import pytest

from pyk3s.node.probes import checks


def target(port_names=None):
    return checks.Target("id", "127.0.0.1", port_names or {})


async def answered(reply: bytes, handler):
    """The result of a check against a server that answers `reply`."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await checks.check(None, {"httpGet": {"port": "web", **handler}}, target({"web": port}), 2.0)


@pytest.mark.parametrize(
    ("reply", "success"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.0 302 Found\r\n\r\n", True),
        (b"HTTP/1.1 500 No\r\n\r\n", False),
        (b"hello\r\n", False),
        (b"", False),
    ],
)
def test_http_answers(reply, success):
    assert asyncio.run(answered(reply, {})).success is success


def test_a_closed_port_is_a_failure():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert not asyncio.run(checks.check(None, {"tcpSocket": {"port": port}}, target(), 1.0)).success


def test_what_cannot_be_checked_is_refused_in_words():
    for handler in ({"grpc": {"port": 1}}, {"tcpSocket": {"port": "none"}}):
        with pytest.raises(checks.Unsupported):
            asyncio.run(checks.check(None, handler, target(), 1.0))
