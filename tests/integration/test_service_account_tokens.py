"""Service-account tokens against a running API server: keys that rotate, bounds, audiences, documents for others."""

import asyncio
import base64
import json
import pathlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from secured_api import bare, now, secured

from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.server import ApiServer
from pyk3s.pki import jwt
from pyk3s.wire.http.client import HttpClient

JSON = dict[str, Any]
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
Test = Callable[[pathlib.Path, ApiServer, HttpClient], Awaitable[None]]


def served(folder: pathlib.Path, test: Test, **settings: Any) -> None:
    async def work() -> None:
        async with secured(folder / "tls", **settings) as server:
            admin = bare(folder / "tls", server, "T")
            await test(folder / "tls", server, admin)
            await admin.close()

    asyncio.run(work())


async def send(client: HttpClient, method: str, path: str, body: JSON | None = None) -> tuple[int, JSON]:
    headers = {"Content-Type": "application/json"}
    answer = await client.request(method, path, headers=headers, body=json.dumps(body).encode() if body else b"")
    return answer.status, json.loads(answer.body)


async def requested(admin: HttpClient, **spec: Any) -> tuple[int, JSON]:
    await send(admin, "POST", ACCOUNTS, {"metadata": {"name": "bot"}})
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    return await send(admin, "POST", f"{ACCOUNTS}/bot/token", body)


async def status_of(folder: pathlib.Path, server: ApiServer, token: str) -> int:
    client = bare(folder, server, token)
    code, _ = await send(client, "POST", WHO, {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    await client.close()
    return code


def claims(token: str) -> JSON:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))  # type: ignore[no-any-return]


def test_tokens_outlive_a_rotation_of_keys_until_the_old_key_goes(tmp_path: pathlib.Path) -> None:
    kept: dict[str, str] = {}

    async def before(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        kept["token"] = (await requested(admin))[1]["status"]["token"]

    async def rotated(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        assert await status_of(folder, server, kept["token"]) == 201
        fresh = (await requested(admin))[1]["status"]["token"]
        assert fresh.split(".")[0] != kept["token"].split(".")[0]
        assert await status_of(folder, server, fresh) == 201

    async def dropped(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        assert await status_of(folder, server, kept["token"]) == 401

    served(tmp_path, before)
    key = tmp_path / "tls/service.key"
    old = key.read_bytes()
    key.unlink()
    from pyk3s.pki import x509

    x509.ensure_key(key)
    new = key.read_bytes()
    key.write_bytes(new + old)
    served(tmp_path, rotated)
    key.write_bytes(new)
    served(tmp_path, dropped)


def test_a_third_party_verifies_tokens_by_the_published_documents(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        token = (await requested(admin))[1]["status"]["token"]
        account = bare(folder, server, token)
        code, about = await send(account, "GET", "/.well-known/openid-configuration")
        assert (code, about["issuer"]) == (200, claims(token)["iss"])
        assert about["jwks_uri"] == f"https://192.0.2.1:{server.port}/openid/v1/jwks"
        assert about["id_token_signing_alg_values_supported"] == ["ES256"]
        answer = await account.request("GET", "/openid/v1/jwks")
        assert answer.headers.get("content-type") == "application/jwk-set+json"
        published = json.loads(answer.body)["keys"]
        assert published == jwt.Keys((folder / "service.key").read_bytes()).jwks()["keys"]
        await account.close()

    served(tmp_path, test)


def test_the_documents_are_for_service_accounts_not_for_anybody(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        anybody = bare(folder, server)
        for path in ("/.well-known/openid-configuration", "/openid/v1/jwks"):
            assert (await send(anybody, "GET", path))[0] == 403
        await anybody.close()

    served(tmp_path, test)


@pytest.mark.parametrize("seconds, code", [(599, 422), (600, 201), ((1 << 32) + 1, 422)])
def test_the_lifetime_has_bounds(tmp_path: pathlib.Path, seconds: int, code: int) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        assert (await requested(admin, expirationSeconds=seconds))[0] == code

    served(tmp_path, test)


def test_a_longest_lifetime_shortens_what_is_asked(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        _, answer = await requested(admin, expirationSeconds=7200)
        assert answer["spec"]["expirationSeconds"] == 3600
        assert claims(answer["status"]["token"])["exp"] <= now().timestamp() + 3600

    served(tmp_path, test, issuing=Issuing(key=tmp_path / "tls/service.key", longest_s=3600))


def test_audiences_are_the_apis_names_unless_asked_otherwise(tmp_path: pathlib.Path) -> None:
    issuing = Issuing(key=tmp_path / "tls/service.key", issuer="https://me", audience_names=("https://me", "k3s"))

    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        usual = (await requested(admin))[1]["status"]["token"]
        assert claims(usual)["aud"] == ["https://me", "k3s"]
        short = (await requested(admin, audiences=["k3s"]))[1]["status"]["token"]
        other = (await requested(admin, audiences=["vault"]))[1]["status"]["token"]
        assert [await status_of(folder, server, each) for each in (usual, short, other)] == [201, 201, 401]

    served(tmp_path, test, issuing=issuing)


def test_other_names_of_the_api_are_accepted_and_not_told(tmp_path: pathlib.Path) -> None:
    issuing = Issuing(key=tmp_path / "tls/service.key", issuer="https://me", other_names=("https://me.too", "k3s"))

    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        usual = (await requested(admin))[1]["status"]["token"]
        assert claims(usual)["aud"] == ["https://me"]
        other = (await requested(admin, audiences=["k3s", "vault"]))[1]["status"]["token"]
        assert [await status_of(folder, server, each) for each in (usual, other)] == [201, 201]
        wanted = [await reviewed(admin, token, "https://me.too", "vault") for token in (usual, other)]
        assert wanted == [["https://me.too"], ["https://me.too", "vault"]]

    served(tmp_path, test, issuing=issuing)


async def reviewed(admin: HttpClient, token: str, *audiences: str) -> list[str]:
    """Those of the audiences that a token is meant for."""
    review = {"spec": {"token": token, "audiences": list(audiences)}}
    _, answer = await send(admin, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    return answer["status"]["audiences"]


def test_only_the_usual_token_of_a_pod_is_extended(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        await send(admin, "POST", ACCOUNTS, {"metadata": {"name": "bot"}})
        spec = {"serviceAccountName": "bot", "containers": [{"name": "c", "image": "i"}]}
        await send(admin, "POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "web"}, "spec": spec})
        bound = {"apiVersion": "v1", "kind": "Pod", "name": "web"}
        usual = await requested(admin, expirationSeconds=3607, boundObjectRef=bound)
        other = await requested(admin, expirationSeconds=3600, boundObjectRef=bound)
        loose = await requested(admin, expirationSeconds=3607)
        lives = [
            (made := claims(answer["status"]["token"]))["exp"] - made["iat"] for _, answer in (usual, other, loose)
        ]
        assert lives == [365 * 24 * 3600, 3600, 3607]
        about = claims(usual[1]["status"]["token"])["kubernetes.io"]
        assert about["warnafter"] == claims(usual[1]["status"]["token"])["iat"] + 3607

    served(tmp_path, test)


def test_tokens_of_a_former_issuer_are_still_accepted(tmp_path: pathlib.Path) -> None:
    kept: dict[str, str] = {}
    key = tmp_path / "tls/service.key"

    async def before(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        kept["token"] = (await requested(admin, audiences=["https://new"]))[1]["status"]["token"]

    async def after(folder: pathlib.Path, server: ApiServer, admin: HttpClient) -> None:
        assert await status_of(folder, server, kept["token"]) == 201

    served(tmp_path, before, issuing=Issuing(key=key, issuer="https://old"))
    served(tmp_path, after, issuing=Issuing(key=key, issuer="https://new", former_issuers=("https://old",)))
