"""The way into a cluster, again and again until it is found: trust, configuration, certificates.

A node that has joined before shows its own certificate, so that it needs no token, and goes on with what it has if no
server answers. Only what a person must change ends the tries.
"""

import pathlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pyk3s.joining import protocol
from pyk3s.joining.agent import certificates, explaining
from pyk3s.joining.agent import server as servers
from pyk3s.lib import backoff, clock, files, log
from pyk3s.lib.failure import Failure
from pyk3s.pki import leaves, lifetimes, tokens

CONFIG = "etc/k3s-cluster.json"
FIRST_PAUSE_S, MOST_PAUSE_S = 0.5, 10.0

_log = log.get_logger("join")


@dataclass(frozen=True)
class Wish:
    """To be this node of the cluster at these servers (URLs, the first as told); `folder` is the agent's."""

    urls: Sequence[str]
    token: tokens.Token | None
    node: certificates.Node
    folder: pathlib.Path
    version: str


async def join(wish: Wish, time: clock.Clock) -> protocol.ClusterConfig:
    """The cluster's configuration, once certificates lie in the folder. Raises Failure."""
    has_joined = certificates.complete(wish.folder) and (wish.folder / CONFIG).exists()
    if wish.token is None and not has_joined:
        raise Failure("--token is missing", remedy="take it from the file server/node-token of the server")
    (wish.folder / CONFIG).parent.mkdir(parents=True, exist_ok=True)
    pause = backoff.Backoff(FIRST_PAUSE_S, MOST_PAUSE_S)
    while True:
        for url in wish.urls:
            trouble = await _attempt(wish, url, time.time(), has_joined=has_joined)
            if trouble is None:
                return read_config(wish.folder)
            if trouble.final and url == wish.urls[-1]:
                raise trouble.failure()
            _log.warning("cannot join yet", why=trouble.words, remedy=trouble.remedy)
        if has_joined:
            _log.warning("no server answers, going on as the node that it was", node=wish.node.name)
            return read_config(wish.folder)
        await time.sleep(pause.next())


def is_due(folder: pathlib.Path, now: float) -> bool:
    """Whether any of the certificates must be renewed: a third of its life is left, or less."""
    return bool(lifetimes.due(leaves.node(folder), now))


async def renew(wish: Wish, time: clock.Clock) -> None:
    """Request all certificates anew, as the node that it is; raises Failure where no server gives them."""
    troubles = []
    for url in wish.urls:
        trouble = await _attempt(wish, url, time.time(), has_joined=True)
        if trouble is None:
            return
        troubles.append(f"{trouble.words}: {trouble.remedy}")
    raise Failure("; ".join(troubles))


def read_config(folder: pathlib.Path) -> protocol.ClusterConfig:
    """The configuration that was kept; raises Failure."""
    path = folder / CONFIG
    try:
        return protocol.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise Failure(f"cannot read {path}", remedy=f"remove it and start again with the token: {error}") from error


async def _attempt(wish: Wish, url: str, now: float, *, has_joined: bool) -> explaining.Trouble | None:
    """One try at one server, with each set of credentials; None if it went well."""
    trouble: explaining.Trouble | None = None
    if has_joined:
        trouble = await _tried(wish, url, now, None)
        if trouble is None or not trouble.credentials:
            return trouble
    return await _tried(wish, url, now, wish.token) if wish.token is not None else trouble


async def _tried(wish: Wish, url: str, now: float, token: tokens.Token | None) -> explaining.Trouble | None:
    try:
        await _through(wish, url, token)
    except (OSError, TimeoutError, explaining.Refused) as error:
        return explaining.explain(url, error, now)
    except ValueError as error:
        return explaining.Trouble(f"{url} answers what cannot be understood: {error}", "is it a K3s server?")
    return None


async def _through(wish: Wish, url: str, token: tokens.Token | None) -> None:
    """Everything at one server, with the token or with what an earlier time has left."""
    if token is None:
        tls = servers.context(_kept(wish.folder / "server-ca.crt"), wish.folder / "client-kubelet.crt")
        server = servers.Server(url, tls)
    else:
        tls = servers.context(await servers.authorities(url, token))
        server = servers.Server(url, tls, {"Authorization": servers.authorization(token)})
    try:
        told = await server.get(protocol.CONFIG)
        _check_version(wish.version, protocol.decode(told).version)
        await certificates.request_all(server, wish.node, wish.folder)
    finally:
        await server.close()
    files.write_atomic(wish.folder / CONFIG, told)


def _kept(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ssl.SSLError(1, f"cannot read {path}") from error


def _check_version(own: str, servers_: str) -> None:
    """An agent may not be newer than its server."""
    if _minor(own) > _minor(servers_):
        raise Failure(f"the server is too old: it has {servers_}, this agent {own}", remedy="upgrade the server first")


def _minor(version: str) -> tuple[int, int]:
    major, minor = [*version.removeprefix("v").split("."), "0", "0"][:2]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
