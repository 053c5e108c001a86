"""Calls webhooks, of admission and of conversion, over HTTPS: bounds the time and the size of an answer.

A service is reached at one of its ready endpoints, since the machine of the API server need not route cluster
addresses; its certificate is for NAME.NAMESPACE.svc. Clients are kept per address and CA, with their connections; the
least recently used goes.
"""

import base64
import binascii
import ssl
from collections import OrderedDict
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from pyk3s.api import status
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.streaming import destinations
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
KEPT_CLIENTS = 64
MOST_BYTES = 8 << 20
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "kube-apiserver-admission"}


class CallFailed(Exception):
    """The webhook could not be asked."""


class Target(NamedTuple):
    """Where a webhook listens: base address, path with query, the name in its certificate, and the address as shown."""

    base: str
    path: str
    hostname: str | None
    shown: str


class Caller:
    """Makes calls for all webhooks of a server."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry
        self._clients: OrderedDict[tuple[str, str | None, str], http.HttpClient] = OrderedDict()

    async def post(self, client: JSON, ca: str, body: JSON, timeout_s: int) -> Any:
        """The JSON value that a webhook answers to `body`; raises CallFailed."""
        shown = _shown(client, timeout_s)
        try:
            target = self._target(client, timeout_s, shown)
            connection = await self._client(target, ca)
            code, _, answer = await connection.request(
                "POST", target.path, headers=HEADERS, body=msgspec.json.encode(body),
                timeout=timeout_s, most_bytes=MOST_BYTES,
            )  # fmt: skip
        except TimeoutError:
            raise CallFailed(f'Post "{shown}": context deadline exceeded') from None
        except (OSError, ValueError) as error:
            raise CallFailed(f'Post "{shown}": {error or type(error).__name__}') from error
        if not 200 <= code < 300:
            raise CallFailed(_failure(code, answer))
        try:
            return msgspec.json.decode(answer)
        except (msgspec.DecodeError, RecursionError) as error:
            raise CallFailed(f"the answer is not JSON: {error}") from error

    async def close(self) -> None:
        """Close the kept connections."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _target(self, client: JSON, timeout_s: int, shown: str) -> Target:
        parts = urlsplit(shown)
        path = f"{parts.path or '/'}?{parts.query}"
        service = client.get("service")
        if service is None:
            return Target(f"{parts.scheme}://{parts.netloc}", path, None, shown)
        name, namespace, port = service["name"], service["namespace"], str(service.get("port") or 443)
        try:
            found = destinations.of_service(self._registry, namespace, "https", name, port)
        except status.StatusError as error:
            told = error.message.replace(f'port "{port}"', f"port {port}")
            why = f'service "{name}" not found' if error.code == 404 else told
            raise CallFailed(f'Post "{shown}": {why}') from error
        return Target(found.url, path, f"{name}.{namespace}.svc", shown)

    async def _client(self, target: Target, ca: str) -> http.HttpClient:
        key = (target.base, target.hostname, ca)
        found = self._clients.get(key)
        if found is None:
            while len(self._clients) >= KEPT_CLIENTS:
                await self._clients.popitem(last=False)[1].close()
            context = ssl.create_default_context(cadata=ca or None)
            found = self._clients[key] = http.HttpClient(target.base, context, server_hostname=target.hostname)
        self._clients.move_to_end(key)
        return found


def _shown(client: JSON, timeout_s: int) -> str:
    """The address of a call as errors name it."""
    if service := client.get("service"):
        port, path = service.get("port") or 443, (service.get("path") or "/").lstrip("/")
        return f"https://{service['name']}.{service['namespace']}.svc:{port}/{path}?timeout={timeout_s}s"
    url = str(client["url"])
    return f"{url}{'&' if '?' in url else '?'}timeout={timeout_s}s"


def _failure(code: int, body: bytes) -> str:
    if code == 404:
        return "the server could not find the requested resource"
    told = body.decode(errors="replace").strip()
    return f'an error on the server ("{told or code}") has prevented the request from succeeding'


def authority(bundle: str | None) -> str:
    """The PEM of a base64 caBundle; what cannot be read is refused later, by TLS."""
    try:
        return base64.b64decode(bundle or "").decode("latin-1")
    except binascii.Error:
        return "unreadable"
