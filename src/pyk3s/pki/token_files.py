"""The files in which a server keeps the tokens that nodes join with, by the names K3s gives them."""

import pathlib

from pyk3s.lib import files
from pyk3s.pki import tokens


def write(server: pathlib.Path, secret: str, agent: str) -> None:
    """`server/token`, with `server/node-token` a link to it, and `server/agent-token`: a link too, unless agents have
    a secret of their own.
    """
    authority = (server / "tls/server-ca.crt").read_bytes()
    files.write_atomic(server / "token", f"{tokens.full(authority, 'server', secret)}\n".encode(), 0o600)
    _link(server / "node-token", "token")
    if agent == secret:
        _link(server / "agent-token", "token")
    else:
        files.write_atomic(server / "agent-token", f"{tokens.full(authority, 'node', agent)}\n".encode(), 0o600)


def _link(path: pathlib.Path, target: str) -> None:
    if not path.is_symlink():
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def replace(server: pathlib.Path, secret: str) -> tuple[str, str]:
    """Give the server another secret; agents that have one of their own keep it. Both secrets as they are now."""
    before, agent = secrets(server)
    kept = agent if agent != before else secret
    write(server, secret, kept)
    return secret, kept


def secrets(server: pathlib.Path) -> tuple[str, str]:
    """The secrets of an earlier start, the server's and the agents'; empty ones at the first."""
    found = [server / name for name in ("token", "agent-token")]
    secret, agent = (tokens.parse(path.read_text()).secret if path.exists() else "" for path in found)
    return secret, agent or secret
