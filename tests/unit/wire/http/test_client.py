"""The HTTP client where servers misbehave."""

import asyncio

import pytest

from pyk3s.wire.http import client


def answering(*answers: bytes, served: list[int] | None = None):
    """A server that answers each connection's requests with these bytes, then closes it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            if served is not None:
                served.append(1)
            writer.write(answer)
        writer.close()

    return asyncio.start_server(handle, "127.0.0.1", 0)


async def asking(listener: asyncio.Server, *methods: str) -> list[bytes]:
    http = client.HttpClient(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    try:
        return [(await http.request(method, "/")).body for method in methods]
    finally:
        await http.close()
        listener.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_closed_while_idle_is_replaced():
    async def scenario():
        return await asking(await answering(OK), "GET", "GET", "GET")

    assert asyncio.run(scenario()) == [b"ok"] * 3


def test_a_body_without_length_ends_with_the_connection():
    async def scenario():
        return await asking(await answering(b"HTTP/1.1 200 OK\r\n\r\nall of it"), "GET")

    assert asyncio.run(scenario()) == [b"all of it"]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no http\r\n\r\n"])
def test_half_an_answer_is_an_error(answer):
    async def scenario():
        await asking(await answering(answer), "GET")

    with pytest.raises(ConnectionError):
        asyncio.run(scenario())


def test_a_silent_server_is_a_timeout_and_the_connection_is_dropped():
    async def scenario():
        done = asyncio.Event()

        async def silent(reader, writer):
            await reader.read()
            done.set()
            writer.close()

        listener = await asyncio.start_server(silent, "127.0.0.1", 0)
        http = client.HttpClient(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        with pytest.raises(TimeoutError):
            await http.request("GET", "/", timeout=0.01)
        await done.wait()
        listener.close()

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_interim_answers_are_skipped():
    async def scenario():
        return await asking(await answering(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), "POST")

    assert asyncio.run(scenario()) == [b"ok"]


def test_a_header_cannot_smuggle_a_line():
    async def scenario():
        http = client.HttpClient("http://127.0.0.1:1")
        with pytest.raises(ValueError, match="line break"):
            await http.request("GET", "/x\r\nEvil: 1")

    asyncio.run(scenario())


def test_after_a_renewal_no_connection_of_before_is_used_again():
    async def scenario():
        opened: list[int] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            opened.append(1)
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(OK)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        listener = await asyncio.start_server(handle, "127.0.0.1", 0)
        http = client.HttpClient(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        await http.request("GET", "/")
        http.renew()
        async with http.stream("GET", "/") as under_way:
            http.renew()
            assert [chunk async for chunk in under_way.chunks] == [b"ok"]
        await http.request("GET", "/")
        await http.request("GET", "/")
        await http.close()
        listener.close()
        await asyncio.sleep(0.01)
        return len(opened)

    assert asyncio.run(scenario()) == 3
