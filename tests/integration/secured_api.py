"""An API server in this process with real TLS: its authorities, leaves and keys lie in a folder."""

import contextlib
import datetime
import pathlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

from ports import free_port

from pyk3s.apiserver import identity
from pyk3s.apiserver.aggregation.identity import ProxyIdentity
from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.client import rest
from pyk3s.datastore.open import open_datastore
from pyk3s.pki import contexts, provision
from pyk3s.roles import connection
from pyk3s.wire.http.client import HttpClient

IDENTITY = provision.Identity("n1", ("kubernetes", "127.0.0.1"), ("n1",))
ADMIN = identity.User("admin", (identity.MASTERS, "system:authenticated"))


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@contextlib.asynccontextmanager
async def secured(folder: pathlib.Path, **settings: Any) -> AsyncIterator[ApiServer]:
    """A server on the certificates of `folder`, made if need be; the token T is an administrator's."""
    if not folder.exists():
        provision.provision_server(folder, IDENTITY, now())
    datastore = await open_datastore(f"sqlite://{folder}/state.db")
    live = contexts.Contexts()
    pair, trusted = (
        contexts.Pair(folder / "serving-kube-apiserver.crt"),
        (folder / "client-ca.crt", folder / "request-header-ca.crt"),
    )
    usual: dict[str, Any] = {"advertise_address": "192.0.2.1", "issuing": Issuing(key=folder / "service.key")}
    server = ApiServer(
        ApiSettings(
            port=free_port(),
            ssl_context=live.server(pair, trusted),
            live=live,
            tokens={"T": ADMIN},
            client_ca=folder / "client-ca.crt",
            request_header_ca=folder / "request-header-ca.crt",
            proxy_identity=ProxyIdentity(folder / "client-auth-proxy.crt", folder / "client-auth-proxy.key"),
            **usual | settings,
        ),
        datastore,
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        await datastore.close()


def connect(
    folder: pathlib.Path, server: ApiServer, name: str = "client-admin", **live: contexts.Contexts
) -> rest.Client:
    """A client that shows one of the folder's certificates."""
    return connection.connect(url(server), folder / "server-ca.crt", folder / f"{name}.crt", **live)


def bare(folder: pathlib.Path, server: ApiServer, token: str = "") -> HttpClient:
    """A client without certificate, and with a token if given."""
    context = ssl.create_default_context(cafile=folder / "server-ca.crt")
    return HttpClient(url(server), context, {"Authorization": f"Bearer {token}"} if token else {})


def url(server: ApiServer) -> str:
    return f"https://127.0.0.1:{server.port}"
