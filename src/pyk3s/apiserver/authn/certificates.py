"""Users by client certificate: common name and organisations of its subject are user name and groups.

The TLS layer has verified the certificate at the handshake; here it is read, once per certificate, and its times are
looked at for every request, because connections outlive certificates. The server trusts two authorities: one vouches
for users, the other for proxies that speak for users. Which one it was is told by the issuer's name, so a certificate
counts only if one of the authorities in our files has issued it directly. A proxy's certificate is never a user's.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.authn import front_proxy
from pyk3s.lib import failure
from pyk3s.pki import facts
from pyk3s.wire.http import messages

REMEMBERED = 4096


class Authorities(NamedTuple):
    """Names of the authorities of users and of proxies, as DER; which proxies may speak for users."""

    users: frozenset[bytes]
    proxies: frozenset[bytes] = frozenset()
    allowed_names: tuple[str, ...] = ()


def authorities(users: Path, proxies: Path | None, allowed_names: tuple[str, ...] = ()) -> Authorities:
    """Read from the files of authorities; raises Failure if the two cannot be told apart."""
    vouching = _names(users)
    speaking = (_names(proxies) if proxies else frozenset()) - vouching
    if proxies and not speaking:
        raise failure.Failure(
            f"{users} and {proxies} name the same authority", remedy="users and proxies need authorities of their own"
        )
    return Authorities(vouching, speaking, allowed_names)


def _names(path: Path) -> frozenset[bytes]:
    try:
        return frozenset(each.subject for each in facts.read_file(path))
    except (OSError, facts.CertificateError) as error:
        raise failure.Failure(f"cannot use the authority in {path}", remedy=str(error)) from error


class _Known(NamedTuple):
    user: identity.User | None
    """None for a proxy."""
    begin: float
    end: float


class Certificates:
    """Authenticates by the connection's certificate, and by the headers of those who may speak for others."""

    def __init__(self, known: Authorities | None, now: Callable[[], float]):
        """Without authorities every certificate that the TLS layer let through is a user's."""
        self._authorities, self._now = known, now
        self._known: dict[bytes, _Known] = {}

    def authenticate(self, request: messages.Request) -> identity.User | None:
        der = request.peer.certificate_der
        if der is None:
            return None
        known = self._known.get(der)
        if known is None:
            known = self._read(der)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[der] = known
        if not known.begin <= self._now() < known.end:
            raise status.unauthorized()
        if known.user is not None:
            return known.user
        if (user := front_proxy.user(request.headers)) is None:
            raise status.unauthorized()
        return user

    def _read(self, der: bytes) -> _Known:
        try:
            found = facts.read(der)
        except facts.CertificateError:
            raise status.unauthorized() from None
        known = self._authorities
        if known is not None and found.issuer in known.proxies and found.common_name in known.allowed_names:
            return _Known(None, found.not_before, found.not_after)
        if known is not None and found.issuer not in known.users:
            raise status.unauthorized()
        user = identity.User(found.common_name, (*found.organisations, front_proxy.AUTHENTICATED))
        return _Known(user, found.not_before, found.not_after)
