"""Claims about the connections under the client."""

import asyncio

from pyk3s.client import rest
from pyk3s.wire.http import client as http


def test_requests_one_after_another_share_a_connection() -> None:
    accepted: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(1)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    async def work() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = rest.Client(http.HttpClient(f"http://127.0.0.1:{port}"))
        for _ in range(5):
            await client.get("/api/v1/pods")
        await client.close()
        server.close()
        await asyncio.sleep(0.01)

    asyncio.run(work())
    assert len(accepted) == 1
