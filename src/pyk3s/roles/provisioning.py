"""The first step of a start: addresses, certificates, tokens, kubeconfig.

Made in a process of its own that ends before the server's processes are forked: the certificate library costs 12 MB
that no resident process should carry. Renewal goes the same way while the server runs.
"""

import datetime
import ipaddress
import os
import pathlib
import socket
import time
from collections.abc import Iterable

from pyk3s.config.paths import Paths
from pyk3s.config.settings import HostSettings, ServerSettings
from pyk3s.host import short_lived
from pyk3s.lib.failure import Failure
from pyk3s.pki import leaves, lifetimes, token_files, tokens
from pyk3s.roles import encryption_files, rotation, upgrading

NO_ADDRESS = "127.0.0.1"  # of a host without any network
NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
# Addresses set aside for documentation (RFC 5737, RFC 3849): asking the kernel for the way there sends nothing.
FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def node_address(settings: HostSettings) -> str:
    """The node's own address: as set, else the source address of the default route, else loopback."""
    if settings.node_ips:
        return settings.node_ips[0]
    for family, target in FAR_AWAY.items():
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
            except OSError:
                continue  # no route of this family: a node without any network must start too
            return str(probe.getsockname()[0])
    return NO_ADDRESS


def serving_names(settings: ServerSettings, address: str) -> tuple[str, ...]:
    """Every name and address under which clients reach the API, for the serving certificate."""
    return tuple(
        dict.fromkeys(
            (
                *NAMES,
                f"kubernetes.default.svc.{settings.cluster_domain}",
                "127.0.0.1",
                "::1",
                str(settings.service_cidr[1]),
                address,
                settings.node_name,
                *filter(None, (settings.advertise_address, *settings.node_external_ips)),
                *settings.tls_sans,
            )
        )
    )


def provision(settings: ServerSettings, address: str) -> None:
    """Make what is missing; raises Failure with its words if it could not."""
    short_lived.run(lambda: _make(settings, address))


def renew(settings: ServerSettings, address: str) -> None:
    """Make leaf certificates anew that are due, and the kubeconfig that holds one of them; raises Failure."""
    short_lived.run(lambda: _renew(settings, address))


def due(settings: ServerSettings, now: float) -> bool:
    """Whether any leaf certificate of this server needs renewal."""
    agent = settings.paths.agent if settings.agent else None
    return bool(lifetimes.due(leaves.server(settings.paths.tls, agent), now))


def _make(settings: ServerSettings, address: str) -> bytes:
    secret, agent_secret = _secrets(settings, settings.paths)
    _check_verifying_keys(settings.api_server_arguments.service_account_key_file)
    upgrading.prepare(settings)
    rotation.adopt(settings.paths, time.time())
    if settings.encrypts_secrets:
        files = encryption_files.Files(settings.paths.server)
        encryption_files.provide(files, settings.encryption_provider, settings.snapshots.database)
    _renew(settings, address)
    token_files.write(settings.paths.server, secret, agent_secret)
    return b""


def _renew(settings: ServerSettings, address: str) -> bytes:
    from pyk3s.pki import provision as pki  # only this short-lived process pays for it

    paths = settings.paths
    now = datetime.datetime.now(datetime.UTC)
    node_names = tuple(dict.fromkeys((settings.node_name, "localhost", "127.0.0.1", address)))
    identity = pki.Identity(settings.node_name, serving_names(settings, address), node_names)
    pki.provision_server(paths.tls, identity, now)
    if settings.agent:
        pki.provision_node(paths.tls, paths.agent, identity, now)
    pki.write_admin_kubeconfig(paths.tls, settings.kubeconfig, local_url(settings), settings.kubeconfig_mode)
    if settings.kubeconfig_group is not None:
        os.chown(settings.kubeconfig, -1, settings.kubeconfig_group)
    pki.write_admin_kubeconfig(paths.tls, paths.server / "cred/admin.kubeconfig", local_url(settings), 0o600)
    return b""


def _check_verifying_keys(given: Iterable[str]) -> None:
    from pyk3s.pki import jwt

    for path in given:
        try:
            jwt.verifying_keys(pathlib.Path(path).read_bytes())
        except (OSError, ValueError) as error:
            told = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise Failure(f"cannot use service-account-key-file {path}", remedy=told) from error


def _secrets(settings: ServerSettings, paths: Paths) -> tuple[str, str]:
    """The server's secret and that of the agents."""
    stored, stored_agent = token_files.secrets(paths.server)
    asked, asked_agent = (tokens.parse(text).secret if text else "" for text in (settings.token, settings.agent_token))
    if stored and asked and stored != asked:
        raise Failure("--token is not the token of this cluster", remedy=f"leave it out, or see {paths.server}/token")
    secret = asked or stored or tokens.random_secret()
    return secret, asked_agent or stored_agent or secret


def local_url(settings: ServerSettings) -> str:
    """How a process of this host reaches the API."""
    bound = ipaddress.ip_address(settings.bind_address)
    if bound.is_unspecified:
        return f"https://127.0.0.1:{settings.port}"
    host = f"[{bound}]" if bound.version == 6 else str(bound)
    return f"https://{host}:{settings.port}"
