"""The measuring client: pyk3s's own HTTP client with a bearer token, and many requests side by side."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pyk3s.client import rest
from pyk3s.wire.http import client as http

WIDTH = 8  # requests at a time: as many connections as the client keeps
Item = TypeVar("Item")


@asynccontextmanager
async def connect(url: str, token: str) -> AsyncIterator[rest.Client]:
    """A client that takes any certificate: the server is our own, on loopback."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = rest.Client(http.HttpClient(url, context, {"Authorization": f"Bearer {token}", "User-Agent": "bench"}))
    try:
        yield client
    finally:
        await client.close()


async def side_by_side(
    items: Iterable[Item], step: Callable[[Item], Coroutine[Any, Any, None]], *, width: int = WIDTH
) -> None:
    """Run a step for every item, `width` at a time."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await step(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(work())
