"""The `apiserver` process: opens the datastore and serves the API on it."""

import csv
import pathlib
from collections.abc import Callable

from pyk3s import version
from pyk3s.apiserver import identity
from pyk3s.apiserver.aggregation.identity import ProxyIdentity
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.config.settings import ServerSettings
from pyk3s.datastore import contract
from pyk3s.datastore.open import Opening
from pyk3s.host import allocator
from pyk3s.joining.serving import tunnels
from pyk3s.lib import clock, log, tasks
from pyk3s.lib.failure import Failure
from pyk3s.pki import contexts
from pyk3s.roles import administration, api_arguments, encryption, encryption_files, joins, process
from pyk3s.roles.snapshots import Snapshots

AUTHENTICATED = "system:authenticated"
# Of the heap, for bodies of lists; without it a list is made at half the speed.
SPARE_BYTES, LARGEST_BYTES = 8 << 20, 4 << 20

_log = log.get_logger("apiserver")


def main(settings: ServerSettings, address: str, opening: Opening, ready: Callable[[], None]) -> None:
    """Runs until told to stop. A datastore that cannot be used is a failure for good: its words say what to do."""

    async def work() -> None:
        try:
            datastore = await opening()
        except contract.DatastoreError as error:
            raise Failure(str(error)) from error
        time = clock.SystemClock()
        try:
            keys = encryption_files.Files(settings.paths.server)
            store, secrecy = encryption.opened(datastore, keys, settings.encryption_provider, time)
            tunnelled = tunnels.Tunnels(time)
            server = ApiServer(_api_settings(settings, address, tunnelled), store)
            recognise = server.bootstrap_tokens.recognise
            joining = joins.make(settings, address, server.registry, recognise, tunnelled)
            server.front.beside = lambda request: None if request.path in server.endpoints else joining.answer(request)
            snapshots = Snapshots(datastore, settings.snapshots, settings.paths.server, time)
            administration.serve_snapshots(server, snapshots)
            administration.serve_encryption(server, secrecy)
            try:
                await server.start()
            except contract.Damaged as error:
                raise Failure(str(error)) from error
            _log.info("serving", address=settings.bind_address, port=settings.port)
            ready()
            try:
                await _run(server, datastore, snapshots, secrecy, settings)
            finally:
                await server.stop()
        finally:
            await datastore.close()

    allocator.keep(SPARE_BYTES, LARGEST_BYTES)
    process.run(work)


async def _run(
    server: ApiServer,
    datastore: contract.Datastore,
    snapshots: Snapshots,
    secrecy: encryption.Encryption | None,
    settings: ServerSettings,
) -> None:
    async with tasks.TaskOwner("apiserver") as owner:
        owner.start(datastore.run(), "datastore")
        owner.start(server.run(), "server")
        if settings.snapshots.scheduled:
            owner.start(snapshots.run(), "snapshots")
        if secrecy:
            owner.start(secrecy.run(server), "encryption")
        await owner.run()


def _api_settings(settings: ServerSettings, address: str, tunnelled: tunnels.Tunnels) -> ApiSettings:
    tls = settings.paths.tls
    given = settings.api_server_arguments
    live = contexts.Contexts()
    serving = contexts.Pair(tls / "serving-kube-apiserver.crt")
    return ApiSettings(
        host=settings.bind_address,
        port=settings.port,
        ssl_context=api_arguments.secured(
            live.server(serving, (tls / "client-ca.crt", tls / "request-header-ca.crt")), given
        ),
        live=live,
        advertise_address=settings.advertise_address or address,
        advertise_port=settings.advertise_port,
        service_cidr=str(settings.service_cidr),
        tokens=read_tokens(pathlib.Path(given.token_auth_file)) if given.token_auth_file else {},
        issuing=api_arguments.issuing(settings),
        client_ca=tls / "client-ca.crt",
        kubelet_client_certificate=tls / "client-kube-apiserver.crt",
        kubelet_client_key=tls / "client-kube-apiserver.key",
        kubelet_ca=tls / "server-ca.crt",
        dial_node=tunnelled.dial,
        request_header_ca=tls / "request-header-ca.crt",
        proxy_identity=ProxyIdentity(tls / "client-auth-proxy.crt", tls / "client-auth-proxy.key"),
        anonymous=given.anonymous_auth,
        event_ttl_s=given.event_ttl,
        seats=given.max_requests_inflight + given.max_mutating_requests_inflight,
        request_timeout_s=given.request_timeout,
        audit=api_arguments.audit(given),
        admission=api_arguments.admission(given),
        authorization=api_arguments.authorization(given),
        other_authenticators=api_arguments.other_authenticators(given),
        version=version.GIT_VERSION,
        commit=version.COMMIT,
    )


def read_tokens(path: pathlib.Path) -> dict[str, identity.User]:
    """Static tokens, one a line: `token,user,uid,"group1,group2"` (kube-apiserver's --token-auth-file)."""
    try:
        rows = list(csv.reader(path.read_text().splitlines()))
    except OSError as error:
        raise Failure(f"cannot read token-auth-file {path}", remedy=error.strerror or str(error)) from error
    users = {}
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not cells or cells[0].startswith("#"):
            continue
        if len(cells) < 3 or not all(cells[:2]):
            raise Failure(f"token-auth-file {path} line {number} is not token,user,uid,groups")
        groups = tuple(name.strip() for name in cells[3].split(",") if name.strip()) if len(cells) > 3 else ()
        users[cells[0]] = identity.User(cells[1], (*groups, AUTHENTICATED), uid=cells[2])
    return users
