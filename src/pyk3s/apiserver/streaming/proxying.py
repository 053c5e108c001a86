"""`proxy` of pods, services and nodes: an HTTP request passed on, its answer streamed back, upgrades relayed.

Redirects and, in HTML, links that begin with `/` are moved under the proxy's own path, so that a browser stays inside.
"""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import destinations, kubelets, relaying
from pyk3s.apiserver.streaming.remote_command import Handler
from pyk3s.wire.http import client as http
from pyk3s.wire.http import messages

HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
NOT_SENT = HOP_BY_HOP | {"host", "authorization", "content-length", "accept-encoding", "expect"}
NOT_RETURNED = HOP_BY_HOP | {"date", "content-length"}
LINKS = re.compile(rb"""(<[^>]*\b(?:href|src|action|cite|data|poster|formaction)\s*=\s*["'])(/(?!/)[^"'>]*)""", re.I)


def handler(nodes: kubelets.Kubelets) -> Handler:
    """The handler of every `proxy`."""
    pods_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pods_context.check_hostname = False
    pods_context.verify_mode = ssl.CERT_NONE  # nobody knows the certificates of pods; upstream does not verify either

    async def handle(registry: registries.Registry, call: calls.Call) -> messages.AnyResponse:
        own, rest = _paths(call.request.raw_path, call.route.namespace)
        if not rest and call.request.method in ("GET", "HEAD"):
            return _slash(call.request)
        where = destinations.find(registry, call)
        if where.node:
            client = nodes.of_node(registry, where.node)
        else:
            client = http.HttpClient(where.url, None if where.scheme == "http" else pods_context)
        target = (rest or "/") + (f"?{call.request.raw_query}" if call.request.raw_query else "")
        if call.request.headers.get("upgrade"):
            return await _upgraded(client, call.request, target)
        return await _passed(client, call.request, target, own)

    return handle


def _paths(raw_path: str, namespace: str) -> tuple[str, str]:
    """The path of the proxy itself, and what follows it, both as sent."""
    count = 8 if namespace else 6  # of parts up to `proxy`, with the empty one before the first slash
    parts = raw_path.split("/", count)
    return "/".join(parts[:count]), "/" + parts[count] if len(parts) > count else ""


def _slash(request: messages.Request) -> messages.Response:
    """Send who asked for the proxy itself to its root, so that relative links work."""
    query = f"?{request.raw_query}" if request.raw_query else ""
    return messages.Response(301, [(b"location", f"{request.raw_path}/{query}".encode())])


def _sent(request: messages.Request) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    for raw, _ in request.headers.raw:
        name = raw.decode("latin-1").lower()
        if name not in NOT_SENT:
            headers[name] = request.headers.get_all(name)
    headers["x-forwarded-for"] = [*request.headers.get_all("x-forwarded-for"), request.peer.address]
    return headers


async def _upgraded(client: http.HttpClient, request: messages.Request, target: str) -> messages.AnyResponse:
    headers = {**_sent(request), "Upgrade": request.headers.get("upgrade")}
    return relaying.relayed(client, await kubelets.upgraded(client, request.method, target, headers))


async def _passed(client: http.HttpClient, request: messages.Request, target: str, own: str) -> messages.AnyResponse:
    stack = AsyncExitStack()
    stack.push_async_callback(client.close)
    try:
        answer = await stack.enter_async_context(
            client.stream(request.method, target, headers=_sent(request), body=request.body)
        )
    except (OSError, TimeoutError) as error:
        await stack.aclose()
        raise _no_answer(error) from error
    headers = [pair for pair in answer.headers.raw if pair[0].decode("latin-1").lower() not in NOT_RETURNED]
    headers = [(name, _moved(value, own) if name.lower() == b"location" else value) for name, value in headers]
    if request.method == "HEAD" or answer.status in (204, 304):
        await stack.aclose()
        return messages.Response(answer.status, headers)
    if "text/html" in answer.headers.get("content-type") and not answer.headers.get("content-encoding"):
        async with stack:
            body = b"".join([chunk async for chunk in answer.chunks])
        return messages.Response(answer.status, headers, LINKS.sub(rb"\1" + own.encode() + rb"\2", body))
    return messages.StreamResponse(answer.status, headers, _chunks(stack, answer.chunks))


async def _chunks(stack: AsyncExitStack, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with stack:
        async for chunk in chunks:
            yield chunk


def _moved(location: bytes, own: str) -> bytes:
    """A redirect within the destination, as a redirect within the proxy."""
    text = location.decode("latin-1")
    parts = urlsplit(text)
    return location if parts.netloc or not parts.path.startswith("/") else (own + text).encode("latin-1")


def _no_answer(error: Exception) -> status.StatusError:
    message = f"error trying to reach service: {error or type(error).__name__}"
    return status.StatusError(503, "ServiceUnavailable", message)
