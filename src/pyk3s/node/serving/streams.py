"""Commands and ports of containers as raw bytes: the runtime's streaming server speaks the same protocol, so the
kubelet only pumps.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from pyk3s.lib import tasks
from pyk3s.wire import duplex
from pyk3s.wire.http import client as http
from pyk3s.wire.http.messages import AnyResponse, Request, Response, UpgradeResponse

HOP_HEADERS = ("host", "connection", "authorization", "content-length", "cookie")


async def relay(request: Request, url: str) -> AnyResponse:
    """Pass an upgrade on to `url` of the runtime; what it answers instead is passed back."""
    address = urlsplit(url)
    runtime = http.HttpClient(f"{address.scheme}://{address.netloc}")
    target = f"{address.path}?{address.query}" if address.query else address.path
    headers = {
        key.decode("latin-1"): value.decode("latin-1")
        for key, value in request.headers.raw
        if key.decode("latin-1").lower() not in HOP_HEADERS
    }
    protocols = request.headers.get_all("x-stream-protocol-version")
    try:
        far = await runtime.upgrade(request.method, target, headers=_joined(headers, protocols))
    except http.UpgradeRefused as refusal:
        await runtime.close()
        return Response(refusal.answer.status, (), refusal.answer.body)

    async def run(near: duplex.Duplex) -> None:
        try:
            await both_ways(near, far)
        finally:
            await far.close()
            await runtime.close()

    return UpgradeResponse(_answer_headers(far), run)


async def both_ways(near: duplex.Duplex, far: duplex.Duplex) -> None:
    """Copy in both directions until both have ended, or one has gone."""
    async with tasks.TaskOwner("relay") as owner:
        inward = owner.start(duplex.pump(near, far), "in")
        outward = owner.start(duplex.pump(far, near), "out")
        await asyncio.wait({inward, outward}, return_when=asyncio.FIRST_COMPLETED)


def _joined(headers: dict[str, str], protocols: Sequence[str]) -> dict[str, str]:
    """Several offered protocol versions as one comma-separated header."""
    made = {key: value for key, value in headers.items() if key.lower() != "x-stream-protocol-version"}
    if protocols:
        made["X-Stream-Protocol-Version"] = ", ".join(protocols)
    return made


def _answer_headers(far: duplex.Duplex) -> list[tuple[bytes, bytes]]:
    raw = far.headers.raw if far.headers else ()
    return [(key, value) for key, value in raw if key.lower() not in (b"date", b"content-length")]
