"""The HTTP server against a plain socket and against the project's own client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from pyk3s.wire import duplex
from pyk3s.wire.http import client, messages, rendering, server

Talk = Callable[[bytes], Awaitable[bytes]]


def run(work):
    return asyncio.run(work)


@asynccontextmanager
async def serving(handler: messages.Handler, **limits: object) -> AsyncIterator[server.Server]:
    running = await server.serve(handler, host="127.0.0.1", port=0, limits=server.Limits(**limits))  # type: ignore[arg-type]
    try:
        yield running
    finally:
        await running.close()


async def talk(port: int, sent: bytes) -> bytes:
    """Send bytes, return all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return await reader.read()
    finally:
        writer.close()


def echo(request: messages.Request) -> messages.Response:
    return messages.Response(200, [(b"x-path", request.path.encode())], request.body or b"none")


async def slow_echo(request: messages.Request) -> messages.Response:
    await asyncio.sleep(0)
    return echo(request)


def either(request: messages.Request) -> object:
    return slow_echo(request) if request.path.startswith("/slow") else echo(request)


def test_pipelined_requests_are_answered_in_order():
    async def scenario() -> bytes:
        async with serving(either) as running:
            asked = b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in (b"/a", b"/slow/b", b"/c"))
            return await talk(running.port, asked + b"GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    answer = run(scenario())
    paths = [line for line in answer.split(b"\r\n") if line.startswith(b"x-path")]
    assert paths == [b"x-path: /a", b"x-path: /slow/b", b"x-path: /c", b"x-path: /d"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 5000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 5000, b"431"),
        (b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"a" * 101 + b"\r\n0\r\n\r\n", b"413"),
    ],
)
def test_what_cannot_be_served_is_refused_and_the_connection_closed(sent, status):
    async def scenario() -> bytes:
        async with serving(echo, header_bytes=4096, body_bytes=lambda method, target: 100) as running:
            return await talk(running.port, sent)

    assert run(scenario()).startswith(b"HTTP/1.1 " + status)


def test_a_refusal_comes_after_the_answers_to_earlier_requests():
    async def scenario() -> bytes:
        async with serving(either) as running:
            return await talk(running.port, b"GET /slow HTTP/1.1\r\n\r\nnonsense\r\n\r\n")

    answer = run(scenario())
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 400" in answer


def test_continue_is_sent_to_who_expects_it():
    async def scenario() -> bytes:
        async with serving(echo) as running:
            head = b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
            return await talk(running.port, head + b"ab")

    answer = run(scenario())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert answer.endswith(b"ab")


async def counted(upto: int) -> AsyncIterator[bytes]:
    for number in range(upto):
        yield b"%d," % number


def test_http_1_0_gets_a_stream_without_chunks():
    def handler(request):
        return messages.StreamResponse(200, [], counted(3))

    async def scenario() -> bytes:
        async with serving(handler) as running:
            return await talk(running.port, b"GET / HTTP/1.0\r\n\r\n")

    answer = run(scenario())
    assert answer.endswith(b"\r\n\r\n0,1,2,")
    assert b"chunked" not in answer


def test_head_has_the_length_and_no_body():
    async def scenario():
        async with serving(echo) as running:
            http = client.HttpClient(f"http://127.0.0.1:{running.port}")
            first = await http.request("HEAD", "/")
            second = await http.request("GET", "/")
            await http.close()
            return first, second

    first, second = run(scenario())
    assert (first.headers.get("content-length"), first.body) == ("4", b"")
    assert second.body == b"none"


def test_a_broken_handler_answers_500_and_is_reported():
    async def broken(request):
        raise ZeroDivisionError

    reported = []

    async def scenario():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        async with serving(broken) as running:
            return await talk(running.port, b"GET / HTTP/1.1\r\n\r\n")

    assert run(scenario()).startswith(b"HTTP/1.1 500")
    assert [type(error) for error in reported] == [ZeroDivisionError]


def test_a_large_answer_arrives_whole_at_a_slow_reader():
    body = [bytes([number % 251]) * 70_000 for number in range(60)]

    async def scenario():
        async with serving(lambda request: messages.Response(200, [], body)) as running:
            http = client.HttpClient(f"http://127.0.0.1:{running.port}")
            received = []
            async with http.stream("GET", "/") as answer:
                async for chunk in answer.chunks:
                    received.append(chunk)
                    await asyncio.sleep(0)
            await http.close()
            return b"".join(received)

    assert run(scenario()) == b"".join(body)


def test_a_stream_ends_when_its_client_goes():
    async def scenario():
        ended = asyncio.Event()

        async def forever():
            try:
                while True:
                    yield b"x"
                    await asyncio.sleep(0.001)
            finally:
                ended.set()

        async with serving(lambda request: messages.StreamResponse(200, [], forever())) as running:
            http = client.HttpClient(f"http://127.0.0.1:{running.port}")
            async with http.stream("GET", "/") as answer:
                await anext(answer.chunks)
            await ended.wait()

    run(asyncio.wait_for(scenario(), 10))


def test_closing_the_server_ends_streams_cleanly():
    async def waiting():
        yield b"first"
        await asyncio.Event().wait()

    async def scenario():
        async with serving(lambda request: messages.StreamResponse(200, [], waiting())) as running:
            http = client.HttpClient(f"http://127.0.0.1:{running.port}")
            async with http.stream("GET", "/") as answer:
                received = [await anext(answer.chunks)]
                closing = asyncio.ensure_future(running.close())
                received += [chunk async for chunk in answer.chunks]
                await closing
                return received

    assert run(scenario()) == [b"first"]


def test_an_upgrade_becomes_a_raw_stream_both_ways():
    async def shout(stream: duplex.Duplex) -> None:
        while data := await stream.read():
            await stream.write(data.upper())

    def handler(request):
        if request.headers.get("upgrade") != "shout":
            return messages.Response(403, [], b"no")
        return messages.UpgradeResponse([(b"upgrade", b"shout"), (b"connection", b"upgrade")], shout)

    async def scenario():
        async with serving(handler) as running:
            http = client.HttpClient(f"http://127.0.0.1:{running.port}")
            stream = await http.upgrade("GET", "/", headers={"Upgrade": "shout"})
            await stream.write(b"hello")
            heard = await stream.read()
            await stream.close()
            with pytest.raises(client.UpgradeRefused) as refused:
                await http.upgrade("GET", "/", headers={"Upgrade": "other"})
            await http.close()
            return stream.headers.get("upgrade"), heard, refused.value.answer.body

    assert run(scenario()) == ("shout", b"HELLO", b"no")


def test_idle_and_slow_connections_are_closed_by_the_sweep():
    async def scenario():
        async with serving(echo, idle_s=100, receive_s=10) as running:
            idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", running.port)
            slow_reader, slow_writer = await asyncio.open_connection("127.0.0.1", running.port)
            slow_writer.write(b"GET / HT")
            while len(running.connections) < 2 or not any(c._fed for c in running.connections):
                await asyncio.sleep(0)
            later = asyncio.get_running_loop().time() + 50
            for connection in list(running.connections):
                connection.sweep(later)
            slow = await slow_reader.read()
            for connection in list(running.connections):
                connection.sweep(later + 100)
            idle = await idle_reader.read()
            idle_writer.close(), slow_writer.close()
            return slow, idle

    slow, idle = run(scenario())
    assert slow.startswith(b"HTTP/1.1 408")
    assert idle == b""


def test_connections_above_the_limit_are_told_so():
    async def scenario():
        async with serving(echo, connections=1) as running:
            _, first = await asyncio.open_connection("127.0.0.1", running.port)
            while not running.connections:
                await asyncio.sleep(0)
            answer = await talk(running.port, b"")
            first.close()
            return answer

    assert run(scenario()).startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: x", b"a\nb", b"a\rb"])
def test_a_header_with_a_line_break_is_never_sent(value: bytes):
    with pytest.raises(ValueError, match="line break"):
        rendering.lines([(b"x-told", value)])
