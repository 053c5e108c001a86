"""The endpoints on the API's port by which agents join: `/cacerts`, `/ping` and everything below `/v1-k3s/`.

Anybody gets the authority's certificate; whoever has a token, a bootstrap token or a node's certificate gets the rest.
A node's name belongs to who used it first: a hash of its password is kept in a Secret, as K3s keeps it. Certificates
are given for posted requests (DER) alone; a server that makes keys for agents, as K3s still can, is not offered.
"""

import ipaddress
import pathlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

import msgspec

from pyk3s.api import names, status
from pyk3s.joining import protocol
from pyk3s.joining.serving import access, tunnels
from pyk3s.lib.failure import Failure
from pyk3s.pki import orders
from pyk3s.wire.http import messages

Answer = messages.AnyResponse | Coroutine[Any, Any, messages.AnyResponse]
TEXT = ((b"content-type", b"text/plain"),)
JSON = ((b"content-type", b"application/json"),)
MOST_ADDRESSES = 16
SHARED_CLIENTS = {"client-kube-proxy": "system:kube-proxy", "client-k3s-controller": "system:k3s-controller"}
_PATHS = {path: name for name, path in protocol.LEAVES.items()}


class Cluster(Protocol):
    """What the endpoints need to know of the cluster, and the one thing they keep in it."""

    def node_exists(self, name: str) -> bool: ...
    def node_password(self, name: str) -> str | None: ...
    async def keep_node_password(self, name: str, kept: str) -> bool:
        """False if another one has been kept meanwhile."""
        ...

    def api_servers(self) -> Sequence[str]: ...


class Issuer(Protocol):
    """Signs certificates, as `issuing.Issuer` does."""

    async def issue(self, order: orders.Order) -> tuple[str, str]: ...


class Endpoints:
    """Answers for the paths of joining.

    `reserved` are the names and addresses of this server. A node that could have one of them in its certificate could
    pass for the API server, whose authority is the same.
    """

    def __init__(
        self,
        tls: pathlib.Path,
        config: protocol.ClusterConfig,
        cluster: Cluster,
        allowed: access.Access,
        tunnelled: tunnels.Tunnels,
        issuer: Issuer,
        *,
        reserved: frozenset[str],
        rotate: Callable[[str], None],
    ):
        self._tls, self._config, self._cluster, self._access = tls, config, cluster, allowed
        self._tunnels, self._reserved, self._rotate = tunnelled, reserved, rotate
        self._issuer = issuer

    def answer(self, request: messages.Request) -> Answer | None:
        """None for paths of others."""
        path = request.path
        try:
            if path.startswith(protocol.PREFIX):
                answer = self._closed(request, path)
            elif path in (protocol.AUTHORITIES, protocol.PING):
                answer = self._open(request)
            else:
                return None
        except status.StatusError as error:
            return _failure(error)
        return _finished(answer) if isinstance(answer, Coroutine) else answer

    def _closed(self, request: messages.Request, path: str) -> Answer:
        asker = self._access.asker(request)
        if path == protocol.CONNECT:
            return self._connect(request, access.node_of(request))
        if path == protocol.TOKEN:
            return self._new_secret(request, asker)
        if not asker.agent:
            raise status.unauthorized()
        if path in _PATHS:
            return self._certificate(request, asker, _PATHS[path])
        return self._told(request)

    def _open(self, request: messages.Request) -> messages.Response:
        _only(request, "GET")
        if request.path == protocol.PING:
            return messages.Response(200, TEXT, b"pong")
        return messages.Response(200, TEXT, (self._tls / "server-ca.crt").read_bytes())

    def _told(self, request: messages.Request) -> messages.Response:
        _only(request, "GET")
        match request.path.removeprefix(protocol.PREFIX):
            case "config":
                return messages.Response(200, JSON, protocol.encode(self._config))
            case "apiservers":
                return messages.Response(200, JSON, msgspec.json.encode(self._cluster.api_servers()))
            case "readyz":
                return messages.Response(200, TEXT, b"ok")
            case ("client-ca.crt" | "server-ca.crt") as name:
                return messages.Response(200, TEXT, (self._tls / name).read_bytes())
        raise status.StatusError(404, "NotFound", "404 page not found")

    def _connect(self, request: messages.Request, node: str) -> messages.AnyResponse:
        if not node:
            raise status.StatusError(403, "Forbidden", "a tunnel is opened with the certificate of its node")
        if self._config.egress_mode != "agent":
            raise status.StatusError(404, "NotFound", "tunnels are switched off by --egress-selector-mode")
        return self._tunnels.accept(request, node)

    def _new_secret(self, request: messages.Request, asker: access.Asker) -> messages.Response:
        _only(request, "PUT")
        if not asker.server:
            raise status.StatusError(403, "Forbidden", "only who has the server's token may replace it")
        try:
            wanted = msgspec.json.decode(request.body, type=dict[str, str])["newToken"]
        except (msgspec.DecodeError, KeyError):
            raise status.bad_request("the body must be an object with a newToken") from None
        if not wanted or any(character.isspace() for character in wanted) or "::" in wanted:
            raise status.bad_request("the new token must be a secret without spaces")
        self._rotate(wanted)
        return messages.Response(200, TEXT, b"")

    async def _certificate(self, request: messages.Request, asker: access.Asker, name: str) -> messages.AnyResponse:
        if request.method != "POST":
            raise status.StatusError(
                405, "MethodNotAllowed", "a certificate request must be posted; keys are not given out"
            )
        try:
            if name in SHARED_CLIENTS:
                order = orders.Order("client-ca", request.body, SHARED_CLIENTS[name])
                return messages.Response(200, TEXT, (await self._issuer.issue(order))[0].encode())
            return await self._for_node(request, asker, name)
        except orders.BadRequest as error:
            raise status.bad_request(str(error)) from error
        except Failure as error:
            raise status.internal(f"the certificate cannot be signed: {error}") from error

    async def _for_node(self, request: messages.Request, asker: access.Asker, name: str) -> messages.AnyResponse:
        node = self._node_name(request, asker)
        password = request.headers.get(protocol.NODE_PASSWORD)
        if not password:
            raise status.bad_request(f"the header {protocol.NODE_PASSWORD} is missing")
        kept = self._cluster.node_password(node)
        if kept is None and not asker.node and self._cluster.node_exists(node):
            raise _taken(node)
        self._access.heard(request.peer.address)
        order = self._order(request, node, name, password, kept)
        try:
            certificate, hashed = await self._issuer.issue(order)
        except orders.WrongPassword:
            self._access.attempts.failed(request.peer.address)
            raise _taken(node) from None
        if kept is None and not await self._cluster.keep_node_password(node, hashed):
            return await self._for_node(request, asker, name)  # somebody else was quicker: compare with theirs
        return messages.Response(200, TEXT, certificate.encode())

    def _node_name(self, request: messages.Request, asker: access.Asker) -> str:
        node = request.headers.get(protocol.NODE_NAME)
        if not node or names.subdomain(node):
            raise status.bad_request(f"the header {protocol.NODE_NAME} does not hold a valid node name")
        if node in self._reserved:
            raise _taken(node)
        if asker.node and asker.node != node:
            raise status.StatusError(403, "Forbidden", f"the certificate is not that of node {node}")
        if asker.node and not self._cluster.node_exists(node):
            raise status.StatusError(401, "Unauthorized", f"node {node} is no longer part of the cluster")
        return node

    def _order(self, request: messages.Request, node: str, name: str, password: str, kept: str | None) -> orders.Order:
        if name == "client-kubelet":
            user, groups = f"{protocol.NODE_USER}{node}", (protocol.NODE_GROUP,)
            return orders.Order("client-ca", request.body, user, "client", groups, (), password, kept)
        sans = (node, "localhost", "127.0.0.1", *self._addresses(request))
        return orders.Order("server-ca", request.body, node, "server", (), sans, password, kept)

    def _addresses(self, request: messages.Request) -> list[str]:
        """The addresses that a node says it has, but for those of the server, with which it may share a host. Raises
        400 for what is none.
        """
        listed = request.headers.lists(protocol.NODE_ADDRESSES)[:MOST_ADDRESSES]
        try:
            found = [str(ipaddress.ip_address(each)) for each in listed]
        except ValueError:
            raise status.bad_request(f"the header {protocol.NODE_ADDRESSES} holds what is no address") from None
        return [each for each in found if each not in self._reserved]


async def _finished(answer: Coroutine[Any, Any, messages.AnyResponse]) -> messages.AnyResponse:
    try:
        return await answer
    except status.StatusError as error:
        return _failure(error)


def _failure(error: status.StatusError) -> messages.Response:
    """As the API tells failures."""
    retry = (error.details or {}).get("retryAfterSeconds")
    headers = [*JSON, (b"retry-after", str(retry).encode())] if retry else JSON
    return messages.Response(error.code, headers, msgspec.json.encode(error.body()))


def _taken(node: str) -> status.StatusError:
    return status.StatusError(
        403,
        "Forbidden",
        f"the name {node} is taken by another node; choose another name, "
        f"or delete that node first if it is gone (kubectl delete node {node})",
    )


def _only(request: messages.Request, method: str) -> None:
    if request.method != method:
        raise status.method_not_allowed()
