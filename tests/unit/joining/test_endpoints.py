"""The join endpoints: who gets what, whose name is whose, and what strangers learn (nothing)."""

import asyncio
import base64
import json
from types import SimpleNamespace

import pytest

from pyk3s.joining import protocol
from pyk3s.joining.serving import access, attempts, endpoints, tunnels
from pyk3s.lib import clock
from pyk3s.pki import facts, orders
from pyk3s.wire.http import messages

CONFIG = protocol.ClusterConfig("10.42.0.0/16", "10.43.0.0/16", "10.43.0.10", "cluster.local", version="v1.36.2+k3s1")
BOOTSTRAP = "abcdef.0123456789abcdef"
RESERVED = frozenset(("server-1", "kubernetes", "198.51.100.1"))


class Cluster:
    def __init__(self):
        self.nodes: set[str] = set()
        self.passwords: dict[str, str] = {}
        self.quicker: str | None = None

    def node_exists(self, name):
        return name in self.nodes

    def node_password(self, name):
        return self.passwords.get(name)

    async def keep_node_password(self, name, kept):
        if self.quicker is not None:
            self.passwords[name], self.quicker = self.quicker, None
            return False
        self.passwords[name] = kept
        return True

    def api_servers(self):
        return ["198.51.100.1:6443"]


class Issuer:
    """Signs with words; the hash of a password is the password behind a mark."""

    def __init__(self):
        self.orders: list[orders.Order] = []

    async def issue(self, order):
        self.orders.append(order)
        if order.request == b"broken":
            raise orders.BadRequest("it cannot be read")
        if order.password is not None and order.hash not in (None, f"#{order.password}"):
            raise orders.WrongPassword
        return f"certificate of {order.common_name}", f"#{order.password}"


class Server:
    """The endpoints, asked as a client would."""

    def __init__(self, tls, **config):
        self.cluster, self.issuer, self.now = Cluster(), Issuer(), 0.0
        self.secrets = access.Secrets("server-secret", "agent-secret")
        counted = attempts.Attempts(b"key", lambda: self.now)
        users = {BOOTSTRAP: SimpleNamespace(groups=(access.BOOTSTRAPPERS,))}
        self.endpoints = endpoints.Endpoints(
            tls,
            protocol.ClusterConfig(**{**{name: getattr(CONFIG, name) for name in CONFIG.__struct_fields__}, **config}),
            self.cluster,
            access.Access(self.secrets, counted, users.get),
            tunnels.Tunnels(clock.SystemClock()),
            self.issuer,
            reserved=RESERVED,
            rotate=lambda secret: setattr(self.secrets, "server", secret),
        )

    def ask(self, method, path, credentials=None, *, headers=(), body=b"", source="192.0.2.1", certificate=None):
        sent = [(name.encode(), value.encode()) for name, value in dict(headers).items()]
        if credentials:
            sent.append((b"authorization", credentials.encode()))
        peer = messages.Peer(source, lambda: certificate)
        request = messages.Request(method, path, messages.Headers(sent), body, peer)

        async def run():
            answer = self.endpoints.answer(request)
            return await answer if asyncio.iscoroutine(answer) else answer

        return asyncio.run(run())

    def join(self, node, password="p", name="client-kubelet", credentials=None, **options):
        headers = {protocol.NODE_NAME: node, protocol.NODE_PASSWORD: password, **options.pop("headers", {})}
        told = credentials or basic("node", "agent-secret")
        told = None if "certificate" in options else told
        return self.ask("POST", protocol.LEAVES[name], told, headers=headers, body=b"request", **options)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def message(answer):
    return json.loads(answer.body)["message"]


@pytest.fixture
def server(tmp_path):
    (tmp_path / "server-ca.crt").write_bytes(b"the authority")
    (tmp_path / "client-ca.crt").write_bytes(b"the other one")
    return Server(tmp_path)


@pytest.fixture
def certificates(monkeypatch):
    """Client certificates by name: the TLS layer has verified them."""

    def read(der):
        name, *groups = der.decode().split(",")
        return SimpleNamespace(common_name=name, organisations=tuple(groups))

    monkeypatch.setattr(facts, "read", read)
    return lambda name, *groups: ",".join((name, *groups)).encode()


def test_anybody_gets_the_authority_and_a_pong_and_nothing_else(server):
    assert server.ask("GET", "/cacerts").body == b"the authority"
    assert server.ask("GET", "/ping").body == b"pong"
    for path in (*protocol.LEAVES.values(), protocol.CONFIG, protocol.API_SERVERS, protocol.READY, "/v1-k3s/other"):
        assert server.ask("GET", path).status == 401


def test_paths_of_the_api_are_left_to_it(server):
    assert server.ask("GET", "/api/v1/pods") is None
    assert server.ask("GET", "/v1-k3s") is None


@pytest.mark.parametrize(
    "credentials",
    [
        basic("node", "agent-secret"),
        basic("node", "server-secret"),
        basic("server", "server-secret"),
        f"Bearer {BOOTSTRAP}",
    ],
)
def test_every_kind_of_token_lets_an_agent_in(server, credentials):
    answer = server.ask("GET", protocol.CONFIG, credentials)
    assert protocol.decode(answer.body).cluster_dns == "10.43.0.10"
    assert server.ask("GET", protocol.API_SERVERS, credentials).body == b'["198.51.100.1:6443"]'


@pytest.mark.parametrize(
    "credentials",
    [
        basic("node", "wrong"),
        basic("node", ""),
        basic("server", "agent-secret"),
        basic("root", "server-secret"),
        "Basic !!!",
        "Basic",
        "Bearer abcdef.0000000000000000",
        "Bearer ",
    ],
)
def test_wrong_credentials_are_refused(server, credentials):
    assert server.ask("GET", protocol.CONFIG, credentials).status == 401


def test_guessing_is_slowed_down_per_source_even_for_the_right_secret(server):
    for _ in range(attempts.MOST):
        assert server.ask("GET", protocol.CONFIG, basic("node", "guess")).status == 401
    slowed = server.ask("GET", protocol.CONFIG, basic("node", "agent-secret"))
    assert (slowed.status, dict(slowed.headers)[b"retry-after"]) == (429, b"6")
    assert server.ask("GET", protocol.CONFIG, basic("node", "agent-secret"), source="192.0.2.9").status == 200
    server.now += attempts.FORGIVEN_S
    assert server.ask("GET", protocol.CONFIG, basic("node", "agent-secret")).status == 200


def test_a_node_gets_certificates_that_say_who_it_is(server):
    assert server.join("n1").body == b"certificate of system:node:n1"
    assert server.join("n1", name="serving-kubelet", headers={protocol.NODE_ADDRESSES: "192.0.2.7"}).status == 200
    client, serving = server.issuer.orders
    assert (client.authority, client.usage, client.organizations) == ("client-ca", "client", ("system:nodes",))
    assert (serving.authority, serving.usage, serving.names) == (
        "server-ca",
        "server",
        ("n1", "localhost", "127.0.0.1", "192.0.2.7"),
    )


def test_the_proxy_and_the_controller_get_certificates_without_groups(server):
    for name, user in endpoints.SHARED_CLIENTS.items():
        answer = server.ask("POST", protocol.LEAVES[name], basic("node", "agent-secret"), body=b"request")
        assert answer.body == f"certificate of {user}".encode()
        assert server.issuer.orders[-1].organizations == ()


def test_the_first_to_use_a_name_keeps_it(server):
    assert server.join("n1", "mine").status == 200
    assert server.join("n1", "mine").status == 200
    taken = server.join("n1", "other")
    assert (taken.status, "the name n1 is taken" in message(taken)) == (403, True)


def test_a_name_goes_to_one_of_two_who_come_at_once(server):
    server.cluster.quicker = "#other"
    assert server.join("n1", "mine").status == 403


def test_wrong_node_passwords_are_slowed_down(server):
    server.join("n1", "mine")
    answers = [server.join("n1", f"guess {number}").status for number in range(attempts.MOST + 1)]
    assert answers == [403] * attempts.MOST + [429]


def test_a_node_without_a_password_on_record_does_not_lose_its_name(server):
    server.cluster.nodes.add("n1")
    assert server.join("n1").status == 403


def test_a_node_may_come_with_its_own_certificate_alone(server, certificates):
    server.cluster.nodes.add("n1")
    own = certificates("system:node:n1", "system:nodes")
    assert server.join("n1", certificate=own).status == 200
    assert server.join("n2", certificate=own).status == 403
    assert server.ask("GET", protocol.CONFIG, certificate=own).status == 200


def test_the_certificate_of_a_deleted_node_renews_nothing(server, certificates):
    gone = server.join("n1", certificate=certificates("system:node:n1", "system:nodes"))
    assert (gone.status, "no longer part of the cluster" in message(gone)) == (401, True)


@pytest.mark.parametrize("name", sorted(RESERVED - {"198.51.100.1"}))
def test_the_servers_own_names_are_nobody_elses(server, name):
    assert server.join(name, name="serving-kubelet").status == 403
    assert not server.issuer.orders


def test_the_servers_address_is_in_nobody_elses_certificate(server):
    addresses = {protocol.NODE_ADDRESSES: "192.0.2.7,198.51.100.1"}
    assert server.join("n1", name="serving-kubelet", headers=addresses).status == 200
    assert server.issuer.orders[-1].names == ("n1", "localhost", "127.0.0.1", "192.0.2.7")


def test_a_secret_that_looks_like_a_bootstrap_token_is_one_all_the_same(server):
    server.secrets.server = "fedcba.0123456789abcdef"
    assert server.ask("GET", protocol.CONFIG, "Bearer fedcba.0123456789abcdef").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {protocol.NODE_NAME: ""},
        {protocol.NODE_NAME: "Upper"},
        {protocol.NODE_NAME: "a/b"},
        {protocol.NODE_NAME: "../etc"},
        {protocol.NODE_NAME: "x" * 300},
        {protocol.NODE_PASSWORD: ""},
        {protocol.NODE_ADDRESSES: "kubernetes"},
    ],
)
def test_what_is_missing_or_malformed_is_refused(server, headers):
    assert server.join("n1", name="serving-kubelet", headers=headers).status == 400


def test_a_broken_certificate_request_is_refused(server):
    path = protocol.LEAVES["client-kube-proxy"]
    assert server.ask("POST", path, basic("node", "agent-secret"), body=b"broken").status == 400


def test_keys_are_not_given_out(server):
    answer = server.ask("GET", protocol.LEAVES["client-kubelet"], basic("node", "agent-secret"))
    assert (answer.status, "keys are not given out" in message(answer)) == (405, True)


def test_only_the_servers_secret_replaces_the_secret(server, certificates):
    body = json.dumps({"newToken": "fresh"}).encode()
    for credentials in (basic("node", "agent-secret"), basic("node", "server-secret"), f"Bearer {BOOTSTRAP}"):
        assert server.ask("PUT", protocol.TOKEN, credentials, body=body).status == 403
    own = certificates("system:node:n1", "system:nodes")
    assert server.ask("PUT", protocol.TOKEN, certificate=own, body=body).status == 403
    assert server.ask("PUT", protocol.TOKEN, basic("server", "server-secret"), body=body).status == 200
    assert server.ask("GET", protocol.CONFIG, basic("node", "fresh")).status == 200
    assert server.ask("GET", protocol.CONFIG, basic("node", "server-secret")).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"newToken": ""}', b'{"newToken": "a b"}', b'{"newToken": "K10::"}']
)
def test_a_new_secret_must_be_one(server, body):
    assert server.ask("PUT", protocol.TOKEN, basic("server", "server-secret"), body=body).status == 400


UPGRADE = {"upgrade": "websocket", "sec-websocket-protocol": protocol.TUNNEL, "sec-websocket-key": "a"}


def test_only_a_nodes_own_certificate_opens_a_tunnel(server, certificates):
    for credentials in (basic("server", "server-secret"), basic("node", "agent-secret"), f"Bearer {BOOTSTRAP}", None):
        assert server.ask("GET", protocol.CONNECT, credentials, headers=UPGRADE).status == 403
    for certificate in (
        certificates("system:admin", "system:masters"),
        certificates("system:node:n1"),
        certificates("n1", "system:nodes"),
        certificates("system:kube-proxy"),
    ):
        assert server.ask("GET", protocol.CONNECT, headers=UPGRADE, certificate=certificate).status == 403
    own = certificates("system:node:n1", "system:nodes")
    assert server.ask("GET", protocol.CONNECT, headers=UPGRADE, certificate=own).status == 101
    assert server.ask("GET", protocol.CONNECT, certificate=own).status == 400


def test_tunnels_can_be_switched_off(tmp_path, certificates):
    server = Server(tmp_path, egress_mode="disabled")
    own = certificates("system:node:n1", "system:nodes")
    assert server.ask("GET", protocol.CONNECT, headers=UPGRADE, certificate=own).status == 404
