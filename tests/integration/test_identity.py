"""Who gets in without credentials, with forged ones, and with those of a proxy; over real TLS."""

import asyncio
import datetime
import json
import pathlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from secured_api import bare, now, secured, url

from pyk3s.apiserver.server import ApiServer
from pyk3s.pki import contexts, x509
from pyk3s.wire.http.client import HttpClient

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
OPEN = ("/healthz", "/livez", "/readyz", "/version")
CLOSED = (
    "/", "/livez/ping", "/api", "/api/v1", "/apis", "/apis/apps/v1", "/openapi/v2", "/openapi/v3", "/metrics",
    "/api/v1/nodes", "/api/v1/namespaces/default/secrets", "/.well-known/openid-configuration", "/openid/v1/jwks",
    "/debug/pprof", "/logs/", "/flag", "/configz", "/apis/metrics.k8s.io/v1beta1/nodes", "/version/../api", "/%61pi",
)  # fmt: skip
FORGED = {"X-Remote-User": "root", "X-Remote-Group": "system:masters"}


def served(folder: pathlib.Path, test: Callable[[pathlib.Path, ApiServer], Awaitable[None]]) -> None:
    async def work() -> None:
        async with secured(folder / "tls") as server:
            await test(folder / "tls", server)

    asyncio.run(work())


async def who(client: HttpClient, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """Status code, and the user as whom the API sees the client."""
    given = {"Content-Type": "application/json", **(headers or {})}
    answer = await client.request("POST", WHO, headers=given, body=json.dumps(REVIEW).encode())
    await client.close()
    return answer.status, json.loads(answer.body)["status"]["userInfo"] if answer.status == 201 else {}


def showing(folder: pathlib.Path, server: ApiServer, certificate: pathlib.Path) -> HttpClient:
    return HttpClient(url(server), contexts.Contexts().client(folder / "server-ca.crt", contexts.Pair(certificate)))


def issued(folder: pathlib.Path, authority: str, name: str, *groups: str, **how: Any) -> pathlib.Path:
    """A fresh client certificate of one of the folder's authorities, or of a new one."""
    when, usage = how.get("when", now()), how.get("usage", x509.CLIENT)
    signer = x509.ensure_authority(folder / f"{authority}.crt", folder / f"{authority}.key", authority, now())
    certificate = folder / "test-leaf.crt"
    request = x509.LeafRequest(name, groups, (usage,))
    x509.ensure_leaf(signer, certificate, certificate.with_suffix(".key"), request, when)
    return certificate


def test_anybody_sees_health_and_version_and_nothing_else(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        client = bare(folder, server)
        codes = {path: (await client.request("GET", path)).status for path in (*OPEN, *CLOSED)}
        await client.close()
        assert codes == dict.fromkeys(OPEN, 200) | dict.fromkeys(CLOSED, 403)

    served(tmp_path, test)


def test_without_a_proxys_certificate_its_headers_mean_nothing(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        assert (await who(bare(folder, server), FORGED))[0] == 403
        admin = showing(folder, server, folder / "client-scheduler.crt")
        assert (await who(admin, FORGED))[1]["username"] == "system:kube-scheduler"

    served(tmp_path, test)


def test_a_proxy_speaks_for_users(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        proxy = showing(folder, server, folder / "client-auth-proxy.crt")
        code, user = await who(proxy, {"X-Remote-User": "jane", "X-Remote-Group": "dev"})
        assert (code, user["username"], user["groups"]) == (201, "jane", ["dev", "system:authenticated"])
        assert (await who(showing(folder, server, folder / "client-auth-proxy.crt")))[0] == 401

    served(tmp_path, test)


def test_the_proxies_authority_makes_no_users(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        certificate = issued(folder, "request-header-ca", "root", "system:masters")
        assert (await who(showing(folder, server, certificate)))[0] == 401
        assert (await who(showing(folder, server, certificate), FORGED))[0] == 401

    served(tmp_path, test)


@pytest.mark.parametrize(
    "authority, how",
    [
        ("another-ca", {}),
        ("client-ca", {"when": now() - datetime.timedelta(days=400)}),
        ("client-ca", {"when": now() + datetime.timedelta(days=1)}),
        ("client-ca", {"usage": x509.SERVER}),
        ("server-ca", {}),
    ],
    ids=["another authority", "expired", "not yet valid", "for servers", "the servers' authority"],
)
def test_certificates_that_do_not_hold_end_at_the_handshake(
    tmp_path: pathlib.Path, authority: str, how: dict[str, Any]
) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        certificate = issued(folder, authority, "root", "system:masters", **how)
        with pytest.raises(OSError):  # the TLS alert, or the connection's end that follows it
            await who(showing(folder, server, certificate))

    served(tmp_path, test)


@pytest.mark.parametrize("token", ["T ", "t", "x" * 20_000, "a.b.c", "Bearer", "é"])
def test_unknown_tokens_are_refused_and_not_taken_for_nobodys(tmp_path: pathlib.Path, token: str) -> None:
    async def test(folder: pathlib.Path, server: ApiServer) -> None:
        client = bare(folder, server, token)
        answer = await client.request("GET", "/version")
        await client.close()
        assert answer.status == (200 if token == "T " else 401)

    served(tmp_path, test)
