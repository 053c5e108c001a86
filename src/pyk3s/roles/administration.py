"""How `k3s` commands talk to the running server of this host: paths of the API server that only administrators may use,
and the client that asks them.

Authorisation is the API server's: these paths are in no role but cluster-admin. The certificate is the administrator's,
which only root can read.
"""

import asyncio
import json
import pathlib
from typing import Any

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch, rendering
from pyk3s.apiserver.server import ApiServer
from pyk3s.client.errors import ApiError
from pyk3s.datastore.snapshots import folder
from pyk3s.lib.failure import Failure
from pyk3s.pki import kubeconfig
from pyk3s.roles import connection
from pyk3s.roles.encryption import Encryption
from pyk3s.roles.snapshots import Snapshots

SNAPSHOT = "/db/snapshot"
ENCRYPTION, ENCRYPTION_STATUS = "/v1-k3s/encrypt/config", "/v1-k3s/encrypt/status"
CREDENTIALS = pathlib.PurePath("cred/admin.kubeconfig")
JSON = dict[str, Any]
PATIENCE_S = 300.0


def serve_snapshots(server: ApiServer, snapshots: Snapshots) -> None:
    """Let administrators take snapshots: POST of `{"name": ..., "compress": ...}`. They go into the folder that the
    server was told, nowhere else: who may ask is not root on this host.
    """

    async def save(asked: JSON) -> JSON:
        name, compress = asked.get("name"), asked.get("compress", False)
        if not isinstance(name, str) or not isinstance(compress, bool):
            raise ValueError("name is a text and compress is true or false")
        return shown(await snapshots.save(name, compress=compress))

    def answer(call: calls.Call) -> dispatch.Answer:
        return _answer(call, save) if call.request.method == "POST" else _not_allowed()

    server.endpoints[SNAPSHOT] = answer


def serve_encryption(server: ApiServer, secrecy: Encryption | None) -> None:
    """Let administrators see and change the keys of secrets encryption, by K3s' paths and bodies."""

    def tell(call: calls.Call) -> dispatch.Answer:
        if call.request.method != "GET":
            return _not_allowed()
        return rendering.encoded(200, secrecy.status() if secrecy else {"enable": False})

    async def change(asked: JSON) -> JSON:
        if secrecy is None:
            raise ValueError("the server was not started with --secrets-encryption")
        if isinstance(asked.get("enable"), bool):
            secrecy.switch(asked["enable"])
        else:
            force, skip = bool(asked.get("force")), bool(asked.get("skip"))
            secrecy.change(str(asked.get("stage")), force=force, skip=skip)
        return secrecy.status()

    def answer(call: calls.Call) -> dispatch.Answer:
        return _answer(call, change) if call.request.method == "PUT" else _not_allowed()

    server.endpoints[ENCRYPTION_STATUS] = tell
    server.endpoints[ENCRYPTION] = answer


def shown(kept: folder.Kept) -> JSON:
    """A snapshot as an answer or a line of output has it."""
    return {
        "name": kept.name,
        "location": f"file://{kept.path}",
        "size": kept.size,
        "created": int(kept.created),
    }


def _not_allowed() -> dispatch.Answer:
    raise status.StatusError(405, "MethodNotAllowed", "this path does not take that method", {})


async def _answer(call: calls.Call, work: Any) -> dispatch.Result:
    """What `work` makes of the JSON body; refusals as Status."""
    try:
        asked = json.loads(call.request.body)
        if not isinstance(asked, dict):
            raise ValueError("the body is not a JSON object")
        return rendering.encoded(200, await work(asked))
    except ValueError as error:
        raise status.StatusError(400, "BadRequest", str(error), {}) from error
    except Failure as failure:
        raise status.StatusError(500, "InternalError", str(failure), {}) from failure


def own_url(server: pathlib.Path) -> str:
    """The URL of the server whose folder this is, as it was at its last start; raises Failure if there was none."""
    path = server / CREDENTIALS
    found = kubeconfig.server(path.read_text()) if path.exists() else ""
    if not found:
        raise Failure(f"{path} does not name a server", remedy="start the server once, or give --server")
    return found


def ask(server: pathlib.Path, url: str, method: str, path: str, body: JSON | None = None) -> JSON:
    """Ask the server that runs on this host; raises Failure with its words if it refuses or does not answer."""
    return asyncio.run(_ask(server, url, method, path, body))


async def _ask(server: pathlib.Path, url: str, method: str, path: str, body: JSON | None) -> JSON:
    tls = server / "tls"
    certificate = tls / "client-admin.crt"
    if not certificate.exists():
        raise Failure(f"there is no {certificate}", remedy="start the server once, or choose another --data-dir")
    client = connection.connect(url, tls / "server-ca.crt", certificate)
    try:
        async with asyncio.timeout(PATIENCE_S):
            answered: JSON = json.loads(await client.call(method, path, json.dumps(body).encode() if body else b""))
            return answered
    except ApiError as error:
        raise Failure(str(error)) from error
    except (OSError, TimeoutError) as error:
        remedy = str(error) or "it does not answer"
        raise Failure(f"cannot reach the server at {url}", remedy=remedy) from error
    finally:
        await client.close()
