"""Passes a request on to another API server, with the user's name in headers that our certificate vouches for.

What a client says about itself in those headers is dropped. Connections are kept per server; answers are streamed, and
upgrades relayed.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import quote

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity
from pyk3s.apiserver.streaming import kubelets, proxying, relaying
from pyk3s.wire.http import client as http
from pyk3s.wire.http import messages

USER, GROUP, UID, EXTRA = "x-remote-user", "x-remote-group", "x-remote-uid", "x-remote-extra-"


def user_headers(user: identity.User) -> dict[str, str | list[str]]:
    """Who asks, in the headers of an authenticating proxy."""
    headers: dict[str, str | list[str]] = {USER: _bytewise(user.name), GROUP: list(map(_bytewise, user.groups))}
    if user.uid:
        headers[UID] = user.uid
    for key, values in user.extra.items():
        headers[EXTRA + _escaped(key)] = list(map(_bytewise, values))
    return headers


def _bytewise(text: str) -> str:
    """Headers are sent a byte a character: here those of UTF-8."""
    return text.encode().decode("latin-1")


def _escaped(key: str) -> str:
    """A key as part of a header's name: what is no token character is percent-encoded."""
    plain = "!#$&'*+-.^_`|~"  # besides letters and digits
    return quote(key, safe=plain)


def sent_headers(call: calls.Call) -> dict[str, str | list[str]]:
    """The headers of a request as they are passed on."""
    request = call.request
    headers: dict[str, str | list[str]] = {}
    for raw, _ in request.headers.raw:
        name = raw.decode("latin-1").lower()
        if name not in proxying.NOT_SENT and not name.startswith("x-remote-"):
            headers[name] = request.headers.get_all(name)
    if encodings := request.headers.get("accept-encoding"):
        headers["accept-encoding"] = encodings
    headers["x-forwarded-for"] = [*request.headers.get_all("x-forwarded-for"), request.peer.address]
    return headers | user_headers(call.user)


async def relay(client: http.HttpClient, call: calls.Call) -> messages.AnyResponse:
    """The answer of the server that `client` speaks to; raises 503."""
    request = call.request
    headers = sent_headers(call)
    if upgrade := request.headers.get("upgrade"):
        far = await kubelets.upgraded(client, request.method, request.target, {**headers, "Upgrade": upgrade})
        return relaying.relayed(client, far)
    stack = AsyncExitStack()
    try:
        answer = await stack.enter_async_context(
            client.stream(request.method, request.target, headers=headers, body=request.body)
        )
    except (OSError, TimeoutError) as error:
        await stack.aclose()
        message = f"error trying to reach service: {error or type(error).__name__}"
        raise status.StatusError(503, "ServiceUnavailable", message) from error
    kept = [pair for pair in answer.headers.raw if pair[0].decode("latin-1").lower() not in proxying.NOT_RETURNED]
    if request.method == "HEAD" or answer.status in (204, 304):
        await stack.aclose()
        return messages.Response(answer.status, kept)
    return messages.StreamResponse(answer.status, kept, _chunks(stack, answer.chunks))


async def _chunks(stack: AsyncExitStack, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with stack:
        async for chunk in chunks:
            yield chunk
