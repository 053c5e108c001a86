"""Has the server sign all of an agent's certificates, and keeps them.

Keys are made here, in a short-lived process, and never leave the node. Each file is replaced at once; a certificate
that does not fit its key is never kept.
"""

import asyncio
import base64
import json
import pathlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from pyk3s.host import short_lived
from pyk3s.joining import protocol
from pyk3s.joining.agent.server import Server
from pyk3s.lib import files

AUTHORITIES = ("server-ca.crt", "client-ca.crt")


@dataclass(frozen=True)
class Node:
    """Who asks: a node's name, its addresses, and the password that makes the name its own."""

    name: str
    addresses: tuple[str, ...]
    password: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            protocol.NODE_NAME: self.name,
            protocol.NODE_PASSWORD: self.password,
            protocol.NODE_ADDRESSES: ",".join(self.addresses),
        }


async def request_all(server: Server, node: Node, folder: pathlib.Path) -> None:
    """Request every certificate anew and write it beside its key in `folder`, then the authorities.

    May be called again at any time: keys are kept. Raises Refused, OSError, TimeoutError, Failure.
    """
    requests = await _requests([folder / f"{name}.key" for name in protocol.LEAVES])
    answers = await asyncio.gather(
        *(
            server.post(path, request, node.headers)
            for path, request in zip(protocol.LEAVES.values(), requests, strict=True)
        )
    )
    signed = dict(zip(protocol.LEAVES, answers, strict=True))
    told = {name: await server.get(f"{protocol.PREFIX}{name}") for name in AUTHORITIES}
    for name, pem in told.items():
        files.write_atomic(folder / name, pem)
    for name, pem in signed.items():
        _keep(folder / f"{name}.crt", pem)


def complete(folder: pathlib.Path) -> bool:
    """Whether everything that `request_all` writes is there."""
    names = [f"{name}{ending}" for name in protocol.LEAVES for ending in (".crt", ".key")]
    return all((folder / name).exists() for name in (*names, *AUTHORITIES))


async def _requests(keys: Sequence[pathlib.Path]) -> list[bytes]:
    def work() -> bytes:
        from pyk3s.pki import requesting  # only this short-lived process pays for it

        return requesting.requests(keys)

    return [base64.b64decode(each) for each in json.loads(await short_lived.run_in_loop(work))]


def _keep(path: pathlib.Path, pem: bytes) -> None:
    """Raises ssl.SSLError for what does not fit the key."""
    fresh = path.with_suffix(".new")
    files.write_atomic(fresh, pem)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(fresh, path.with_suffix(".key"))
    except BaseException:
        fresh.unlink()
        raise
    fresh.replace(path)
