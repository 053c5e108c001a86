"""Replacing certificates by hand: leaves are set aside, so that the next start makes them with new keys; new
authorities are staged, and taken over by the next start.

Staging, because a running server must not find authorities that its leaves are not of.
"""

import datetime
import pathlib
import shutil
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pyk3s.config.paths import Paths
from pyk3s.lib import files
from pyk3s.lib.failure import Failure
from pyk3s.pki import leaves, tokens
from pyk3s.roles import preflight

STAGED = "tls-next"
WITHOUT = ("cloud-controller", "etcd")  # services of K3s that do not run here


class Staged(NamedTuple):
    """What waits for the next start; `new_token` if tokens pin another authority then."""

    names: tuple[str, ...]
    broken: tuple[str, ...]
    new_token: bool


def held(paths: Paths, services: Iterable[str]) -> list[pathlib.Path]:
    """The certificate files of these services on this host, all services if none is named; raises Failure."""
    chosen = tuple(dict.fromkeys(services))
    for name in chosen:
        if name in WITHOUT:
            raise Failure(f"service {name} has no certificates", remedy="it is not part of this distribution")
        if name not in leaves.SERVICES:
            raise Failure(f"service {name} is not recognized", remedy=f"there are {', '.join(leaves.SERVICES)}")
    if not (paths.tls.exists() or (paths.agent / f"{leaves.KUBELET}.crt").exists()):
        raise Failure(f"there are no certificates in {paths.data}", remedy="start it once, or give --data-dir")
    found = [path for name in chosen or leaves.SERVICES for path in _files(paths, name) if path.exists()]
    if not found:
        raise Failure(f"there are no certificates of {', '.join(chosen)} on this host")
    return list(dict.fromkeys(found))


def _files(paths: Paths, service: str) -> list[pathlib.Path]:
    folder = {name: paths.agent if name in leaves.NODE else paths.tls for name in leaves.SERVICES[service]}
    return [folder[name] / f"{name}.crt" for name in leaves.SERVICES[service]]


def rotate(paths: Paths, services: Sequence[str], now: float) -> pathlib.Path:
    """Set the certificates and keys of these services aside; where to. Raises Failure while they are in use."""
    certificates = held(paths, services)
    for folder in (paths.server, paths.agent):
        if preflight.holder(folder) is not None:
            what = f"{paths.data} is in use by a running {'server' if folder == paths.server else 'agent'}"
            raise Failure(what, remedy="stop it first; certificates near their end it renews by itself")
    aside = (paths.server if paths.tls.exists() else paths.agent) / f"tls-{int(now)}"
    if paths.tls.exists():
        shutil.copytree(paths.tls, aside)
    aside.mkdir(mode=0o700, exist_ok=True)
    for certificate in certificates:
        for path in (certificate, certificate.with_suffix(".key")):
            if path.exists():
                shutil.copy2(path, aside / path.name)
    for certificate in certificates:
        for path in (certificate, certificate.with_suffix(".key")):
            path.unlink(missing_ok=True)
    return aside


def stage(paths: Paths, new: pathlib.Path, now: datetime.datetime, *, force: bool) -> Staged:
    """Check the authorities and keys in `new` and keep them for the next start; raises Failure with what is wrong.

    `force` puts up with what breaks for others, never with what a server could not start with.
    """
    from pyk3s.apiserver.authn import certificates
    from pyk3s.pki import succession

    source = new / "tls" if (new / "tls").is_dir() else new
    if not paths.tls.exists():
        raise Failure(f"there is no server in {paths.data}", remedy="run this on a server, or give --data-dir")
    names = succession.changed(paths.tls, source)
    if not names:
        raise Failure(f"{source} holds nothing new", remedy=f"wanted are {', '.join(succession.FILES)}")
    try:
        succession.require_usable(source, now)
        broken = succession.breaks(paths.tls, source)
    except ValueError as error:
        raise Failure("certificates not replaced", remedy=str(error)) from error
    users, proxies = (
        (source if name in names else paths.tls) / name for name in ("client-ca.crt", "request-header-ca.crt")
    )
    certificates.authorities(users, proxies)
    if broken and not force:
        raise Failure("certificates not replaced", remedy="; ".join((*broken, "--force replaces them all the same")))
    _keep(paths, source, names)
    return Staged(tuple(names), tuple(broken), _pins_other(paths.tls, source, names))


def _pins_other(tls: pathlib.Path, source: pathlib.Path, names: Sequence[str]) -> bool:
    name = "server-ca.crt"
    before, after = (tokens.ca_hash((folder / name).read_bytes()) for folder in (tls, source if name in names else tls))
    return before != after


def _keep(paths: Paths, source: pathlib.Path, names: Sequence[str]) -> None:
    """All of it or nothing: a folder that appears whole."""
    making, final = paths.server / f".{STAGED}", paths.server / STAGED
    for folder in (making, final):
        shutil.rmtree(folder, ignore_errors=True)
    making.mkdir(mode=0o700)
    for name in names:
        files.write_atomic(making / name, (source / name).read_bytes(), 0o600 if name.endswith(".key") else 0o644)
    making.rename(final)
    files.sync_folder(paths.server)


def adopt(paths: Paths, now: float) -> bool:
    """Take over what is staged; what was there before is kept beside it. Goes on where it was interrupted."""
    staged = paths.server / STAGED
    if not staged.is_dir():
        return False
    aside = paths.server / f"tls-{int(now)}"
    aside.mkdir(mode=0o700, exist_ok=True)
    for path in sorted(staged.iterdir()):
        before = paths.tls / path.name
        if before.exists():
            shutil.copy2(before, aside / path.name)
        path.replace(before)
    files.sync_folder(paths.tls)
    staged.rmdir()
    return True
