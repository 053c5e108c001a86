"""`pods/log`: what the kubelet sends, chunk by chunk; over WebSocket one binary message per chunk."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import quote, urlencode

from pyk3s.api import fields, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.handlers import options
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import kubelets, relaying
from pyk3s.apiserver.streaming.remote_command import Handler
from pyk3s.wire import duplex
from pyk3s.wire.http import client as http
from pyk3s.wire.http import messages

OPTIONS = ("follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream")
LEAST = {"sinceSeconds": 1, "limitBytes": 1, "tailLines": 0}
BINARY, BASE64 = "binary.k8s.io", "base64.binary.k8s.io"
TEXT = ((b"content-type", b"text/plain"), (b"cache-control", b"no-cache, private"))


def handler(nodes: kubelets.Kubelets) -> Handler:
    """The handler of `log`."""

    async def handle(registry: registries.Registry, call: calls.Call) -> messages.AnyResponse:
        route = call.route
        _check(call)
        pod = kubelets.read_pod(registry, route.namespace, route.name)
        container = kubelets.pick_container(pod, call.parameter("container"))
        if not pod["spec"].get("nodeName"):
            return messages.Response(200, TEXT)  # nothing has run yet
        client = nodes.of_pod(registry, pod)
        where = "/".join(quote(part, safe="") for part in (route.namespace, route.name, container))
        chosen = {name: call.parameter(name) for name in OPTIONS if call.parameter(name)}
        chunks = await _opened(client, f"/containerLogs/{where}?{urlencode(chosen)}")
        if relaying.wants_websocket(call.request):
            return _over_websocket(call.request, chunks)
        return messages.StreamResponse(200, TEXT, chunks)

    return handle


def _check(call: calls.Call) -> None:
    """Refuse options that no kubelet takes; raises 400 and 422."""
    errors = []
    for name, least in LEAST.items():
        value = options.integer(call, name)
        if call.parameter(name) and value < least:
            why = "must be greater than 0" if least else "must be greater than or equal to 0"
            errors.append(fields.invalid(name, value, why))
    if call.parameter("sinceSeconds") and call.parameter("sinceTime"):
        errors.append(fields.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if errors:
        raise status.invalid("", "PodLogOptions", call.route.name, errors)


async def _opened(client: http.HttpClient, target: str) -> AsyncIterator[bytes]:
    """Begin a kubelet's answer, so that its refusal can still be told; then the chunks of it."""
    stack = AsyncExitStack()
    stack.push_async_callback(client.close)
    try:
        answer = await stack.enter_async_context(client.stream("GET", target))
    except (OSError, TimeoutError) as error:
        await stack.aclose()
        raise kubelets.unreachable(error) from error
    if answer.status != 200:
        async with stack:
            raise kubelets.refused(answer.status, b"".join([chunk async for chunk in answer.chunks]))

    async def chunks() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in answer.chunks:
                yield chunk

    return chunks()


def _over_websocket(request: messages.Request, chunks: AsyncIterator[bytes]) -> messages.AnyResponse:
    offered = request.headers.lists("sec-websocket-protocol") or [BINARY]
    protocol = next((each for each in offered if each in (BINARY, BASE64)), None)
    if protocol is None:
        raise status.bad_request(f"logs over WebSocket need the protocol {BINARY} or {BASE64}")

    async def run(near: duplex.Duplex) -> None:
        socket = relaying.WebSocketDuplex(near)
        async for chunk in chunks:
            if protocol == BASE64:
                await socket.send(base64.b64encode(chunk), text=True)
            else:
                await socket.send(chunk)
        await socket.close()

    return messages.UpgradeResponse(relaying.accepted(request, protocol), run)
