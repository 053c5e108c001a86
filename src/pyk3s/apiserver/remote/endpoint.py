"""Where a webhook listens, as a kubeconfig file says it: its address, whom to trust, and how we show who we are.

Only what can be read from files is taken: no commands, no proxies. Plain HTTP is taken for loopback alone, since tokens
travel to these webhooks. Redirects are not followed.
"""

import base64
import binascii
import ipaddress
import os
import pathlib
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pyk3s.apiserver import documents
from pyk3s.lib.failure import Failure
from pyk3s.wire.http import client as http

JSON = dict[str, Any]
TIMEOUT_S = 10.0
MOST_BYTES = 1 << 20
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "kube-apiserver"}
_CLUSTER = frozenset(
    ("server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name")
)
_USER = frozenset(
    ("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile")
) | {"username", "password"}


class NoAnswer(Exception):
    """The webhook could not be asked, or said nothing that can be used; the text says why."""


class Endpoint:
    """One webhook."""

    def __init__(self, client: http.HttpClient, path: str, token_file: pathlib.Path | None = None):
        self._client, self._path, self._token_file = client, path, token_file

    async def post(self, body: JSON) -> JSON:
        """The JSON object that it answers; raises NoAnswer."""
        headers = dict(HEADERS)
        try:
            if self._token_file is not None:
                headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
            answer = await self._client.request(
                "POST", self._path, headers=headers, body=msgspec.json.encode(body),
                timeout=TIMEOUT_S, most_bytes=MOST_BYTES,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        if not 200 <= answer.status < 300:
            raise NoAnswer(f"it answered with status {answer.status}")
        try:
            value = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoAnswer(f"its answer is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise NoAnswer("its answer is no object")
        return value

    async def close(self) -> None:
        await self._client.close()


def read(path: pathlib.Path, argument: str) -> Endpoint:
    """The endpoint that a kubeconfig file describes; raises Failure that names what is wrong."""
    document = documents.read(path, argument)
    try:
        return _endpoint(document, path.parent)
    except (ValueError, OSError) as error:
        raise Failure(f"{argument} {path} cannot be used", remedy=str(error)) from error


def _endpoint(document: Any, folder: pathlib.Path) -> Endpoint:
    if not isinstance(document, dict):
        raise ValueError("it is no kubeconfig")
    context = _named(document, "contexts", document.get("current-context"), "context")
    cluster = _named(document, "clusters", context.get("cluster"), "cluster")
    user = _named(document, "users", context["user"], "user") if context.get("user") else {}
    _only("cluster", cluster, _CLUSTER)
    _only("user", user, _USER)
    url = urlsplit(str(cluster.get("server") or ""))
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname))):
        raise ValueError(f"server {cluster.get('server')!r} is no https:// address")
    headers: dict[str, str] = {}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password') or ''}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if user.get("token"):
        headers["Authorization"] = f"Bearer {user['token']}"
    client = http.HttpClient(
        f"{url.scheme}://{url.netloc}",
        _tls(cluster, user, folder) if url.scheme == "https" else None,
        headers,
        server_hostname=cluster.get("tls-server-name") or None,
    )
    token_file = folder / user["tokenFile"] if user.get("tokenFile") and not user.get("token") else None
    return Endpoint(client, (url.path or "/") + (f"?{url.query}" if url.query else ""), token_file)


def _named(document: Mapping[str, Any], listed: str, name: Any, member: str) -> JSON:
    for each in document.get(listed) or ():
        if isinstance(each, dict) and name and each.get("name") == name and isinstance(each.get(member), dict):
            return dict(each[member])
    raise ValueError(f"{listed} has no entry named {name!r}" if name else f"it names no {member}")


def _only(what: str, found: JSON, known: frozenset[str]) -> None:
    if strange := sorted(str(key) for key in found if key not in known):
        raise ValueError(f"{what}: {strange[0]} is not supported; taken are {', '.join(sorted(known))}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(cluster: JSON, user: JSON, folder: pathlib.Path) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority", folder)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    certificate, key = (_content(user, name, folder) for name in ("client-certificate", "client-key"))
    if certificate and key:
        _show(context, certificate + b"\n" + key)
    elif certificate or key:
        raise ValueError("client-certificate and client-key belong together")
    return context


def _content(found: JSON, name: str, folder: pathlib.Path) -> bytes:
    """Bytes that are given in place, or in a file beside the kubeconfig."""
    if data := found.get(f"{name}-data"):
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise ValueError(f"{name}-data is not base64") from error
    return (folder / found[name]).read_bytes() if found.get(name) else b""


def _show(context: ssl.SSLContext, pem: bytes) -> None:
    """Let TLS show a certificate; the library reads files alone, so the key gets one that is in memory only."""
    descriptor = os.memfd_create("webhook-client")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
