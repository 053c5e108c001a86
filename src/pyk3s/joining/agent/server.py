"""Talks to one server's join endpoints. Nothing secret is sent before the server's authority is known.

Whoever answers must show a certificate of the cluster for the name `kubernetes`, which no node can get: the address it
was reached at says nothing.
"""

import base64
import pathlib
import ssl

import msgspec

from pyk3s.joining import protocol
from pyk3s.joining.agent import explaining
from pyk3s.lib import log
from pyk3s.pki import facts, tokens
from pyk3s.wire.http import client as http

TIMEOUT_S = 15.0
MOST_AUTHORITIES = 64 * 1024

_log = log.get_logger("join")


async def authorities(url: str, token: tokens.Token) -> bytes:
    """The server's authority as PEM, checked against the token. Raises Failure, Refused, OSError, TimeoutError."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE  # what it brings is compared with the token
    client = http.HttpClient(url, blind)
    try:
        answer = await client.request("GET", protocol.AUTHORITIES, timeout=TIMEOUT_S)
    finally:
        await client.close()
    if answer.status != 200 or len(answer.body) > MOST_AUTHORITIES:
        raise explaining.Refused(404, "it does not tell its authority")
    actual = tokens.ca_hash(answer.body)
    if not token.ca_hash:
        _log.warning("the token pins no authority, whoever answered first is trusted", server=url, hash=actual)
    elif token.ca_hash != actual:
        raise explaining.wrong_authority(url, token.ca_hash, actual)
    return _anchor(answer.body)


def _anchor(authority: bytes) -> bytes:
    """What the hash in a token vouches for. Of a file with a root and what is below it that is the root alone: trusting
    the rest would let anybody add an authority of his own. Servers show what is in between.
    """
    chain = facts.ders(authority)
    return ssl.DER_cert_to_PEM_cert(tokens.root(chain)).encode() if len(chain) > 1 else authority


def context(authority: bytes, certificate: pathlib.Path | None = None) -> ssl.SSLContext:
    """TLS towards servers; with a client certificate, whose key lies beside it. Raises ssl.SSLError, ValueError."""
    made = ssl.create_default_context(cadata=authority.decode())
    if certificate is not None:
        made.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return made


def authorization(token: tokens.Token) -> str:
    """The header that shows a token: agents are the user `node`, whomever the token names."""
    if token.bootstrap:
        return f"Bearer {token.secret}"
    pair = f"{protocol.AGENT_USER}:{token.secret}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


class Server:
    """One server, asked with one set of credentials. Close it when done."""

    def __init__(self, url: str, tls: ssl.SSLContext, headers: dict[str, str] | None = None):
        self.url = url
        self._http = http.HttpClient(url, tls, headers, server_hostname=protocol.API_SERVER)

    async def get(self, path: str) -> bytes:
        """Raises Refused, OSError, TimeoutError."""
        return await self._call("GET", path, b"", {})

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        return await self._call("POST", path, body, headers)

    async def put(self, path: str, body: bytes) -> bytes:
        return await self._call("PUT", path, body, {})

    async def close(self) -> None:
        await self._http.close()

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        answer = await self._http.request(method, path, headers=headers, body=body, timeout=TIMEOUT_S)
        if answer.status != 200:
            raise explaining.Refused(answer.status, _message(answer.body))
        return answer.body


def _message(body: bytes) -> str:
    """The message of a Status, or the text that came instead."""
    try:
        return str(msgspec.json.decode(body, type=dict)["message"])
    except (msgspec.DecodeError, KeyError):
        return body[:200].decode(errors="replace").strip()
