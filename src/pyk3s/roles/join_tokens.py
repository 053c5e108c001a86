"""What `k3s token` does: bootstrap tokens as Secrets of the running server, and a new server token."""

import asyncio
import base64
import json
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from pyk3s.client import resources
from pyk3s.config.paths import Paths
from pyk3s.joining import protocol
from pyk3s.joining.agent import explaining
from pyk3s.joining.agent import server as servers
from pyk3s.lib.failure import Failure
from pyk3s.pki import bootstrap, tokens
from pyk3s.roles import administration

JSON = dict[str, Any]
_ID = re.compile(r"[a-z0-9]{6}")


def create(paths: Paths, token: bootstrap.BootstrapToken) -> str:
    """Store a token at the server of this host; the full token, which pins the server's authority. Raises Failure."""
    made = bootstrap.secret_of(token)
    _ask(paths, "POST", resources.SECRETS.path(bootstrap.NAMESPACE), made)
    return tokens.full((paths.tls / "server-ca.crt").read_bytes(), "", token.token)


def stored(paths: Paths) -> list[bootstrap.BootstrapToken]:
    """The tokens that the server has. Raises Failure."""
    of_tokens = f"?fieldSelector=type%3D{bootstrap.TYPE.replace('/', '%2F')}"
    listed = _ask(paths, "GET", resources.SECRETS.path(bootstrap.NAMESPACE) + of_tokens)
    return [token for secret in listed["items"] if (token := bootstrap.read(secret)) is not None]


def delete(paths: Paths, names: Sequence[str]) -> list[str]:
    """Delete tokens by their ids or as a whole; the ids. Raises Failure."""
    identifiers = [name.rpartition("::")[2].partition(".")[0] for name in names]
    for name, identifier in zip(names, identifiers, strict=True):
        if not _ID.fullmatch(identifier):
            raise Failure(f"{name!r} is neither the id of a bootstrap token nor one")
    for identifier in identifiers:
        _ask(paths, "DELETE", resources.SECRETS.path(bootstrap.NAMESPACE, f"{bootstrap.PREFIX}{identifier}"))
    return identifiers


def rotate(url: str, token: str, fresh: str) -> None:
    """Replace the token of the server at `url`, showing the present one. Raises Failure."""
    try:
        shown = tokens.parse(token)
    except ValueError as error:
        raise Failure("--token is refused", remedy=str(error)) from error
    asyncio.run(_rotate(url, shown, fresh))


async def _rotate(url: str, token: tokens.Token, fresh: str) -> None:
    pair = f"{protocol.SERVER_USER}:{token.secret}"
    headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    try:
        server = servers.Server(url, servers.context(await servers.authorities(url, token)), headers)
        try:
            await server.put(protocol.TOKEN, json.dumps({"newToken": fresh}).encode())
        finally:
            await server.close()
    except (OSError, TimeoutError, explaining.Refused) as error:
        raise explaining.explain(url, error, 0.0).failure() from error


def server_token(server: pathlib.Path) -> str:
    """The token of the server on this host; raises Failure."""
    try:
        return (server / "token").read_text().strip()
    except OSError as error:
        raise Failure(f"cannot read {server / 'token'}", remedy="give the server's token with --token") from error


def _ask(paths: Paths, method: str, path: str, body: JSON | None = None) -> JSON:
    return administration.ask(paths.server, administration.own_url(paths.server), method, path, body)
