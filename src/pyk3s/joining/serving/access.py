"""Who asks at the join endpoints: by basic authentication, bootstrap token or the certificate of a node.

Secrets are compared in constant time, failures counted per source.
"""

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyk3s.api import status
from pyk3s.joining import protocol
from pyk3s.joining.serving.attempts import Attempts
from pyk3s.pki import facts
from pyk3s.wire.http import messages

BOOTSTRAPPERS = "system:bootstrappers"
MASTERS = "system:masters"


class User(Protocol):
    """Whose bearer token it is."""

    @property
    def groups(self) -> Sequence[str]: ...


Recognise = Callable[[str], User | None]
"""The user of a bootstrap token."""


@dataclass
class Secrets:
    """What the cluster may be joined with: `server` by everybody, `agent` by agents."""

    server: str
    agent: str


class Asker:
    """What somebody may do: `agent` what agents may, `server` what servers may; `node` is the node it proved to be."""

    def __init__(self, *, agent: bool = False, server: bool = False, node: str = ""):
        self.agent, self.server, self.node = agent, server, node


class Access:
    """Recognises askers."""

    def __init__(self, secrets: Secrets, attempts: Attempts, recognise: Recognise):
        self.secrets, self.attempts, self._recognise = secrets, attempts, recognise

    def asker(self, request: messages.Request) -> Asker:
        """Raises 401 for wrong credentials, 429 for a source that was wrong too often."""
        scheme, _, told = request.headers.get("authorization").partition(" ")
        if scheme.lower() == "basic":
            return self._basic(told, request.peer.address)
        if scheme.lower() == "bearer":
            return self._bearer(told.strip(), request.peer.address)
        name, groups = _certified(request)
        if MASTERS in groups:
            return Asker(agent=True, server=True)
        node = _node(name, groups)
        return Asker(agent=bool(node), node=node)

    def heard(self, source: str) -> None:
        """Raises 429 for a source that was wrong too often."""
        if seconds := self.attempts.wait(source):
            raise status.too_many_requests("too many failed attempts from this address", math.ceil(seconds))

    def _bearer(self, token: str, source: str) -> Asker:
        self.heard(source)
        user = self._recognise(token)
        if (user is not None and BOOTSTRAPPERS in user.groups) or self._is_secret(token.encode()):
            return Asker(agent=True)
        raise self._refused(source)

    def _is_secret(self, told: bytes) -> bool:
        """Whether it is one that agents may join with: a secret may be of a bootstrap token's form by chance."""
        server = hmac.compare_digest(told, self.secrets.server.encode())
        return hmac.compare_digest(told, self.secrets.agent.encode()) or server

    def _refused(self, source: str) -> status.StatusError:
        self.attempts.failed(source)
        return status.StatusError(401, "Unauthorized", "the token is not one of this cluster")

    def _basic(self, encoded: str, source: str) -> Asker:
        self.heard(source)
        try:
            user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        except binascii.Error:
            user, password = b"", b""
        if user == protocol.SERVER_USER.encode() and hmac.compare_digest(password, self.secrets.server.encode()):
            return Asker(agent=True, server=True)
        if user == protocol.AGENT_USER.encode() and self._is_secret(password):
            return Asker(agent=True)
        raise self._refused(source)


def node_of(request: messages.Request) -> str:
    """The node whose own certificate this connection shows, empty without one."""
    return _node(*_certified(request))


def _certified(request: messages.Request) -> tuple[str, tuple[str, ...]]:
    """Name and groups of the client certificate, which the TLS layer has verified."""
    der = request.peer.certificate_der
    if der is None:
        return "", ()
    try:
        told = facts.read(der)
    except facts.CertificateError:
        return "", ()
    return told.common_name, told.organisations


def _node(name: str, groups: tuple[str, ...]) -> str:
    is_node = protocol.NODE_GROUP in groups and name.startswith(protocol.NODE_USER)
    return name.removeprefix(protocol.NODE_USER) if is_node else ""
