"""The first step of a start: addresses, certificates, tokens, kubeconfig.

Made in a process of its own that ends before the server's processes are forked: the certificate library costs 12 MB
that no resident process should carry.
"""

import datetime
import errno
import ipaddress
import os
import socket
import sys

from pyk3s.config.paths import Paths
from pyk3s.config.settings import ServerSettings
from pyk3s.lib.failure import Failure

NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
# Addresses set aside for documentation (RFC 5737, RFC 3849): asking the kernel for the way there sends nothing.
FAR_AWAY = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def node_address(settings: ServerSettings) -> str:
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
    return "127.0.0.1"


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
    """Make what is missing, in a child process; raises Failure with its words if it could not."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        os._exit(_in_child(settings, address, writing))
    os.close(writing)
    with os.fdopen(reading) as words:
        told = words.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise Failure(told or f"making certificates ended with status {os.waitstatus_to_exitcode(status)}")


def _in_child(settings: ServerSettings, address: str, writing: int) -> int:
    try:
        _make(settings, address)
    except (Failure, ValueError) as error:
        os.write(writing, str(error).encode())
        return 1
    except OSError as error:
        remedy = "free some space" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        os.write(writing, f"cannot write {error.filename or settings.paths.server}: {remedy}".encode())
        return 1
    except BaseException:  # noqa: BLE001 - a forked child must not run its parent's stack; the parent reports
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _make(settings: ServerSettings, address: str) -> None:
    from pyk3s.pki import provision as pki  # only this short-lived process pays for it
    from pyk3s.pki import tokens

    paths = settings.paths
    secret = _secret(settings, paths)
    now = datetime.datetime.now(datetime.UTC)
    node_names = tuple(dict.fromkeys((settings.node_name, "localhost", "127.0.0.1", address)))
    identity = pki.Identity(settings.node_name, serving_names(settings, address), node_names)
    paths.tls.mkdir(parents=True, exist_ok=True, mode=0o700)
    pki.provision_server(paths.tls, identity, now)
    pki.provision_node(paths.tls, paths.agent, identity, now)
    pki.write_tokens(paths.server, secret or tokens.random_secret())
    pki.write_admin_kubeconfig(paths.tls, settings.kubeconfig, local_url(settings), settings.kubeconfig_mode)


def _secret(settings: ServerSettings, paths: Paths) -> str | None:
    from pyk3s.pki import provision as pki
    from pyk3s.pki import tokens

    stored = pki.stored_secret(paths.server)
    asked = tokens.parse(settings.token).secret if settings.token else None
    if stored and asked and stored != asked:
        raise Failure("--token is not the token of this cluster", remedy=f"leave it out, or see {paths.server}/token")
    return asked or stored


def local_url(settings: ServerSettings) -> str:
    """How a process of this host reaches the API."""
    bound = ipaddress.ip_address(settings.bind_address)
    if bound.is_unspecified:
        return f"https://127.0.0.1:{settings.port}"
    host = f"[{bound}]" if bound.version == 6 else str(bound)
    return f"https://{host}:{settings.port}"
