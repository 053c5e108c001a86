"""Joining for real, without a node behind it: an API server with its join endpoints, certificates signed in processes
of their own, and a kubelet on loopback that is reached through a tunnel.
"""

import asyncio
import base64
import contextlib
import dataclasses
import datetime
import hashlib
import pathlib
import ssl
import time
from types import SimpleNamespace
from typing import Any

import pytest
from ports import free_port
from secured_api import IDENTITY, connect, secured, url

from pyk3s.client.errors import ApiError
from pyk3s.joining import protocol
from pyk3s.joining.agent import certificates, joining
from pyk3s.joining.agent import server as joining_server
from pyk3s.joining.agent import tunnels as agent_tunnels
from pyk3s.joining.serving import tunnels
from pyk3s.lib import clock, tasks
from pyk3s.lib.failure import Failure
from pyk3s.pki import contexts, facts, leaves, lifetimes, provision, token_files, tokens
from pyk3s.pki import x509 as leaf_maker
from pyk3s.roles import joins
from pyk3s.wire.http import messages
from pyk3s.wire.http import server as http

SECRETS = "/api/v1/namespaces/kube-system/secrets"
CONFIG = protocol.ClusterConfig("10.42.0.0/16", "10.43.0.0/16", "10.43.0.10", "cluster.local", version="v1.36.2+k3s1")


class Cluster:
    """A server folder, its API server, and what it takes to join."""

    def __init__(self, folder: pathlib.Path, server: Any):
        self.folder, self.server = folder, server
        self.url = url(server)
        self.token = tokens.parse((folder / "node-token").read_text())

    def wish(self, agent: pathlib.Path, name: str = "n1", token: tokens.Token | None = None, **changes: Any) -> Any:
        node = certificates.Node(name, ("192.0.2.9",), changes.pop("password", "password"))
        wish = joining.Wish((self.url,), token or self.token, node, agent, "v1.36.2+k3s1")
        return dataclasses.replace(wish, **changes)

    async def join(self, agent: pathlib.Path, **changes: Any) -> protocol.ClusterConfig:
        return await joining.join(self.wish(agent, **changes), Impatient())

    def admin(self) -> Any:
        return connect(self.folder / "tls", self.server)


class Impatient(clock.SystemClock):
    """Gives up where an agent would wait and try again."""

    async def sleep(self, seconds: float) -> None:
        raise TimeoutError("it would be tried again")


@contextlib.asynccontextmanager
async def cluster(folder: pathlib.Path) -> Any:
    tunnelled = tunnels.Tunnels(clock.SystemClock())
    tls = folder / "tls"
    kubelets = {
        "kubelet_client_certificate": tls / "client-kube-apiserver.crt",
        "kubelet_client_key": tls / "client-kube-apiserver.key",
        "kubelet_ca": tls / "server-ca.crt",
    }
    folder.mkdir(parents=True, exist_ok=True)
    async with secured(tls, dial_node=tunnelled.dial, **kubelets) as server:
        if not (folder / "token").exists():
            token_files.write(folder, "secret", "secret")
        settings: Any = SimpleNamespace(
            paths=SimpleNamespace(server=folder, tls=tls),
            cluster_cidr=CONFIG.cluster_cidr,
            service_cidr=["10.43.0.0", "10.43.0.1"],
            cluster_dns=CONFIG.cluster_dns,
            cluster_domain=CONFIG.cluster_domain,
            disable=frozenset(),
            proxy=True,
            egress_mode="agent",
            node_name=IDENTITY.node_name + "-server",
            advertise_address="",
            node_external_ips=(),
            tls_sans=(),
        )
        recognise = server.bootstrap_tokens.recognise
        server.front.beside = joins.make(settings, "192.0.2.1", server.registry, recognise, tunnelled).answer
        yield Cluster(folder, server)


def run(folder: pathlib.Path, test: Any) -> Any:
    async def work() -> Any:
        async with cluster(folder / "server") as made:
            return await test(made)

    return asyncio.run(work())


def test_an_agent_gets_certificates_for_keys_that_never_left_it(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> None:
        told = await made.join(agent)
        assert told.cluster_dns == "10.43.0.10"
        secret = await made.admin().get(f"{SECRETS}/n1.node-password.k3s")
        assert base64.b64decode(secret["data"]["hash"]).startswith(b"$1:")
        assert secret["immutable"]

    run(tmp_path, test)
    names = {name: facts.read_file(agent / f"{name}.crt")[0] for name in protocol.LEAVES}
    assert (names["client-kubelet"].common_name, names["client-kubelet"].organisations) == (
        "system:node:n1",
        ("system:nodes",),
    )
    assert {name: told.common_name for name, told in names.items() if name != "client-kubelet"} == {
        "serving-kubelet": "n1",
        "client-kube-proxy": "system:kube-proxy",
        "client-k3s-controller": "system:k3s-controller",
    }
    assert all((agent / f"{name}.key").stat().st_mode & 0o777 == 0o600 for name in protocol.LEAVES)


def test_joining_again_keeps_keys_and_needs_no_token(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> None:
        await made.join(agent)
        before = (agent / "client-kubelet.key").read_bytes()
        await made.admin().create("/api/v1/nodes", {"metadata": {"name": "n1"}})
        await joining.join(dataclasses.replace(made.wish(agent), token=None), Impatient())
        assert (agent / "client-kubelet.key").read_bytes() == before

    run(tmp_path, test)


def test_a_deleted_node_comes_back_with_its_token(tmp_path: pathlib.Path) -> None:
    async def test(made: Cluster) -> None:
        await made.join(tmp_path / "agent")
        await made.join(tmp_path / "agent")  # its certificate alone is refused: there is no such node

    run(tmp_path, test)


REFUSALS = {
    "refuses the token": {"token": ("", "secret", "wrong")},
    "it pins the CA hash abab": {"token": ("ab" * 32, "server", "secret")},
    "the name n1-server is taken": {"name": "n1-server"},
    "the name kubernetes is taken": {"name": "kubernetes"},
    "the server is too old: it has v1.36": {"version": "v1.37.0"},
}


@pytest.mark.parametrize("words", REFUSALS)
def test_who_may_not_join_is_told_why_at_once(tmp_path: pathlib.Path, words: str) -> None:
    changes: dict[str, Any] = dict(REFUSALS[words])
    if "token" in changes:
        changes["token"] = tokens.Token(*changes["token"])

    async def test(made: Cluster) -> None:
        with pytest.raises(Failure, match=words):
            await made.join(tmp_path / "agent", **changes)
        assert not list((tmp_path / "agent").glob("*.crt"))

    run(tmp_path, test)


def test_another_host_cannot_take_a_name(tmp_path: pathlib.Path) -> None:
    async def test(made: Cluster) -> None:
        await made.join(tmp_path / "agent")
        with pytest.raises(Failure, match="the name n1 is taken by another node"):
            await made.join(tmp_path / "other", password="other")

    run(tmp_path, test)


def test_a_clock_that_is_behind_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL is told the time of the day before the authority was made."""
    early = time.time() - 86400
    create = ssl.create_default_context

    def yesterday(**options: Any) -> ssl.SSLContext:
        made = create(**options)
        made.verify_flags |= 0x2  # X509_V_FLAG_USE_CHECK_TIME: the time set in the context, which is 1970 here
        return made

    monkeypatch.setattr(ssl, "create_default_context", yesterday)

    async def test(made: Cluster) -> None:
        trouble = await joining._attempt(made.wish(tmp_path / "agent"), made.url, early, has_joined=False)
        assert trouble is not None
        assert "is not valid yet: this host's clock says" in trouble.words

    run(tmp_path, test)


def test_a_bootstrap_token_lets_an_agent_in_until_it_expires(tmp_path: pathlib.Path) -> None:
    def secret(expiration: str) -> dict[str, Any]:
        data = {
            "token-id": "abcdef",
            "token-secret": "0123456789abcdef",
            "usage-bootstrap-authentication": "true",
            "expiration": expiration,
        }
        return {
            "metadata": {"name": "bootstrap-token-abcdef"},
            "type": "bootstrap.kubernetes.io/token",
            "stringData": data,
        }

    async def test(made: Cluster) -> None:
        admin = made.admin()
        token = tokens.parse("abcdef.0123456789abcdef")
        with pytest.raises(Failure, match="refuses the token"):
            await made.join(tmp_path / "one", token=token)
        await admin.create(SECRETS, secret("2999-01-01T00:00:00Z"))
        await made.join(tmp_path / "one", token=token)
        await admin.delete(f"{SECRETS}/bootstrap-token-abcdef")
        await admin.create(SECRETS, secret("2020-01-01T00:00:00Z"))
        with pytest.raises(Failure, match="refuses the token"):
            await made.join(tmp_path / "two", name="n2", token=token)

    run(tmp_path, test)


def test_a_node_that_has_joined_goes_on_without_a_server(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> Any:
        await made.join(agent)
        return made.wish(agent)

    wish = run(tmp_path, test)
    assert asyncio.run(joining.join(wish, Impatient())).cluster_dns == "10.43.0.10"


def test_a_server_that_does_not_answer_is_asked_again(tmp_path: pathlib.Path) -> None:
    node = certificates.Node("n1", (), "password")
    urls = (f"https://127.0.0.1:{free_port()}",)
    wish = joining.Wish(urls, tokens.parse("secret"), node, tmp_path / "agent", "v1.36.2")
    with pytest.raises(TimeoutError, match="tried again"):
        asyncio.run(joining.join(wish, Impatient()))


# -- tunnels ---------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def kubelet(agent: pathlib.Path) -> Any:
    """Answers on loopback with the certificate that the agent was given."""

    def answer(request: messages.Request) -> messages.Response:
        told = facts.read(request.peer.certificate_der or b"")
        return messages.Response(200, (), f"{request.path} asked by {told.common_name}".encode())

    live = contexts.Contexts()
    tls = live.server(contexts.Pair(agent / "serving-kubelet.crt"), (agent / "client-ca.crt",))
    server = await http.serve(answer, host="127.0.0.1", port=0, ssl_context=tls)
    try:
        yield server.port
    finally:
        await server.close()


def node(port: int, name: str = "n1") -> dict[str, Any]:
    """A node at an address that leads nowhere (TEST-NET-1)."""
    status = {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.9"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    return {"metadata": {"name": name}, "status": status}


@contextlib.asynccontextmanager
async def tunnel(made: Cluster, agent: pathlib.Path, port: int) -> Any:
    """The agent's side, with the kubelet at `port`."""
    tls = contexts.Contexts().client(agent / "server-ca.crt", contexts.Pair(agent / "client-kubelet.crt"))
    lost: list[str] = []
    opened = agent_tunnels.AgentTunnels(tls, port, lost.append, clock.SystemClock())
    async with tasks.TaskOwner("test") as owner:
        owner.start(opened.run(), "tunnels")
        opened.lead_to([made.url.removeprefix("https://")])
        yield lost


async def opened(made: Cluster) -> None:
    """Wait for the tunnel of n1."""
    while (found := await made.server.settings.dial_node("n1")) is None:
        await asyncio.sleep(0.02)
    found.close()


def test_a_kubelet_at_an_unreachable_address_is_reached_through_its_tunnel(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> bytes:
        await made.join(agent)
        async with kubelet(agent) as port, tunnel(made, agent, port):
            admin = made.admin()
            await admin.create("/api/v1/nodes", node(port))
            await opened(made)
            return bytes(await admin.call("GET", "/api/v1/nodes/n1/proxy/stats/summary"))

    assert run(tmp_path, test) == b"/stats/summary asked by system:apiserver"


def test_the_certificate_in_a_tunnel_must_be_that_of_the_node(tmp_path: pathlib.Path) -> None:
    """A node whose kubelet shows another node's certificate is not believed."""
    agent, other = tmp_path / "agent", tmp_path / "other"

    async def test(made: Cluster) -> str:
        await made.join(agent)
        await made.join(other, name="n2", password="other")
        async with kubelet(other) as port, tunnel(made, agent, port):
            await made.admin().create("/api/v1/nodes", node(port))
            await opened(made)
            with pytest.raises(ApiError) as refused:
                await made.admin().call("GET", "/api/v1/nodes/n1/proxy/stats/summary")
            return str(refused.value)

    assert "certificate verify failed" in run(tmp_path, test)


def test_a_tunnel_is_opened_again_when_the_server_comes_back(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> list[str]:
        await made.join(agent)
        async with kubelet(agent) as port, tunnel(made, agent, port) as lost:
            await opened(made)
            await made.server.stop()
            while not lost:
                await asyncio.sleep(0.02)
            assert await made.server.settings.dial_node("n1") is None
            await made.server.start()
            await opened(made)
            return lost

    assert run(tmp_path, test)


# -- renewal ---------------------------------------------------------------------------------------------------------


def shortened(made: Cluster, agent: pathlib.Path, days: int) -> None:
    """Replace the agent's certificates by such as end in so many days."""
    now = datetime.datetime.now(datetime.UTC)
    life = lifetimes.Lifetimes(leaf=datetime.timedelta(days=days))
    for path in leaves.node(agent):
        path.unlink()
    provision.provision_node(made.folder / "tls", agent, provision.Identity("n1", (), ("n1",)), now, life)


def test_certificates_with_a_third_of_their_life_left_are_renewed_in_place(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> None:
        await made.join(agent)
        assert not joining.is_due(agent, time.time())
        await made.admin().create("/api/v1/nodes", {"metadata": {"name": "n1"}})
        shortened(made, agent, 100)
        assert joining.is_due(agent, time.time())
        live = contexts.Contexts()
        client = connect(agent, made.server, "client-kubelet", live=live)
        assert (await client.get("/api/v1/nodes/n1"))["metadata"]["name"] == "n1"
        await joining.renew(dataclasses.replace(made.wish(agent), token=None), Impatient())
        live.look()
        assert not joining.is_due(agent, time.time())
        assert (await client.get("/api/v1/nodes/n1"))["metadata"]["name"] == "n1"

    run(tmp_path, test)


def test_a_node_whose_certificates_have_expired_joins_by_its_token(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> None:
        await made.join(agent)
        await made.admin().create("/api/v1/nodes", {"metadata": {"name": "n1"}})
        shortened(made, agent, 0)
        await made.join(agent)
        assert not joining.is_due(agent, time.time())

    run(tmp_path, test)


def test_a_node_with_certificates_of_another_cluster_joins_by_its_token(tmp_path: pathlib.Path) -> None:
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> None:
        await made.join(agent)

    run(tmp_path / "first", test)
    run(tmp_path / "second", test)


# -- trust -----------------------------------------------------------------------------------------------------------


def test_an_authority_slipped_in_below_the_pinned_root_is_not_trusted(tmp_path: pathlib.Path) -> None:
    """The hash of a chain is that of its root: an impostor may send the true root, and an authority of his own that
    claims to be below it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.datetime.now(datetime.UTC)
    true = leaf_maker.ensure_authority(tmp_path / "true.crt", tmp_path / "true.key", "true", now)
    own = leaf_maker.ensure_key(tmp_path / "own.key")
    claimed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(true.certificate.subject)
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    sent = claimed.public_bytes(serialization.Encoding.PEM) + true.pem
    anchor = joining_server._anchor(sent)
    assert tokens.ca_hash(sent) == hashlib.sha256(ssl.PEM_cert_to_DER_cert(true.pem.decode())).hexdigest()
    assert anchor == true.pem


def test_two_tunnels_of_one_node_live_side_by_side(tmp_path: pathlib.Path) -> None:
    """An agent that knows a server by two addresses holds two: neither may push the other out."""
    agent = tmp_path / "agent"

    async def test(made: Cluster) -> list[str]:
        await made.join(agent)
        async with kubelet(agent) as port, tunnel(made, agent, port) as lost, tunnel(made, agent, port) as others:
            await made.admin().create("/api/v1/nodes", node(port))
            await opened(made)
            for _ in range(20):
                await made.admin().call("GET", "/api/v1/nodes/n1/proxy/healthz")
            return [*lost, *others]

    assert run(tmp_path, test) == []
