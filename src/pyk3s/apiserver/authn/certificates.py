"""Users by client certificate: common name and organisations of its subject are user name and groups.

The TLS layer has verified the certificate; here its subject is only read.
"""

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.pki import facts
from pyk3s.wire.http import messages

REMEMBERED = 4096


class Certificates:
    """Authenticates by the connection's certificate; each is read once."""

    def __init__(self) -> None:
        self._users: dict[bytes, identity.User] = {}

    def authenticate(self, request: messages.Request) -> identity.User | None:
        der = request.peer.certificate_der
        if der is None:
            return None
        user = self._users.get(der)
        if user is None:
            user = self._read(der)
            if len(self._users) >= REMEMBERED:
                self._users.clear()
            self._users[der] = user
        return user

    @staticmethod
    def _read(der: bytes) -> identity.User:
        try:
            found = facts.read(der)
        except facts.CertificateError:
            raise status.unauthorized() from None
        return identity.User(found.common_name, (*found.organisations, "system:authenticated"))
