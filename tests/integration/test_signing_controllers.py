"""Certificate requests and tokens of Secrets: real API server, controllers and keys."""

import asyncio
import base64
import contextlib
import json
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hollow_node import until
from secured_api import bare, connect, now, secured
from small_cluster import is_gone

from pyk3s.apiserver.server import ApiServer
from pyk3s.client import rest
from pyk3s.controllers import manager
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import tasks
from pyk3s.roles import signing

JSON = dict[str, Any]
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
SECRETS, ACCOUNTS = "/api/v1/namespaces/default/secrets", "/api/v1/namespaces/default/serviceaccounts"
KUBELET, CLIENT = "kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kube-apiserver-client"
TOKEN = "kubernetes.io/service-account-token"
Test = Callable[[pathlib.Path, ApiServer, rest.Client], Awaitable[None]]


def failed(name: str, error: BaseException) -> None:
    raise AssertionError(name) from error


@contextlib.asynccontextmanager
async def controlled(folder: pathlib.Path) -> AsyncIterator[tuple[ApiServer, rest.Client]]:
    """An API server with the controllers, which come as who they are in a real server."""
    async with secured(folder) as server, tasks.TaskOwner("test", failed) as owner:
        admin, controller = connect(folder, server), connect(folder, server, "client-controller")
        signer = signing.ShortLivedSigner(folder)
        owner.start(server.run(), "server")
        owner.start(manager.run(controller, ControllerSettings(cluster_ca_pem="PEM"), signer=signer), "controllers")
        try:
            yield server, admin
        finally:
            await owner.close()
            await admin.close()
            await controller.close()


def in_cluster(folder: pathlib.Path, test: Test) -> None:
    async def work() -> None:
        async with controlled(folder / "tls") as (server, admin):
            await test(folder / "tls", server, admin)

    asyncio.run(work())


def request(name: str, signer: str, subject: dict[str, str], usages: list[str], **spec: Any) -> JSON:
    kinds = {"CN": x509.NameOID.COMMON_NAME, "O": x509.NameOID.ORGANIZATION_NAME}
    attributes = [x509.NameAttribute(kinds[key], value) for key, value in subject.items()]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    pem = base64.b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()
    whole = {"request": pem, "signerName": signer, "usages": usages, **spec}
    kind = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
    return {**kind, "metadata": {"name": name}, "spec": whole}


async def approve(admin: rest.Client, name: str) -> None:
    live = await admin.get(f"{REQUESTS}/{name}")
    live["status"] = {"conditions": [{"type": "Approved", "status": "True", "reason": "Test"}]}
    await admin.update(f"{REQUESTS}/{name}/approval", live)


async def signed(admin: rest.Client, name: str) -> x509.Certificate:
    async def there() -> bool:
        return bool((await admin.get(f"{REQUESTS}/{name}")).get("status", {}).get("certificate"))

    await until(there, "it is signed")
    text = (await admin.get(f"{REQUESTS}/{name}"))["status"]["certificate"]
    return x509.load_pem_x509_certificate(base64.b64decode(text))


async def condition(admin: rest.Client, name: str, kind: str) -> JSON:
    found: list[JSON] = []

    async def there() -> bool:
        conditions = (await admin.get(f"{REQUESTS}/{name}")).get("status", {}).get("conditions", [])
        found[:] = [each for each in conditions if each["type"] == kind]
        return bool(found)

    await until(there, f"it is {kind}")
    return found[0]


def test_an_approved_request_is_signed_as_asked_and_not_before(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        body = request("jane", CLIENT, {"CN": "jane", "O": "dev"}, ["client auth"], expirationSeconds=3600)
        await admin.create(REQUESTS, body)
        await admin.create(REQUESTS, request("bob", CLIENT, {"CN": "bob"}, ["client auth"]))
        await approve(admin, "jane")
        made = await signed(admin, "jane")
        made.verify_directly_issued_by(x509.load_pem_x509_certificate((folder / "client-ca.crt").read_bytes()))
        assert (made.not_valid_after_utc - made.not_valid_before_utc).total_seconds() == 3600 + 300
        assert made.subject.rfc4514_string() in ("O=dev,CN=jane", "CN=jane,O=dev")
        assert not (await admin.get(f"{REQUESTS}/bob")).get("status")

    in_cluster(tmp_path, test)


def test_an_approved_request_that_the_signer_does_not_sign_fails_in_words(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        await admin.create(REQUESTS, request("odd", CLIENT, {"CN": "jane"}, ["client auth", "server auth"]))
        await approve(admin, "odd")
        told = await condition(admin, "odd", "Failed")
        assert told["reason"] == "SignerValidationFailure"
        assert told["message"] == "invalid usage for client certificate: server auth"

    in_cluster(tmp_path, test)


BOOTSTRAPPER = {"Impersonate-User": "system:bootstrap:abcdef", "Impersonate-Group": "system:bootstrappers"}
NODE, USAGES = {"O": "system:nodes", "CN": "system:node:n1"}, ["digital signature", "client auth"]


async def asked_as_bootstrapper(folder: pathlib.Path, server: ApiServer, body: JSON) -> None:
    client = bare(folder, server, "T")
    headers = {"Content-Type": "application/json", **BOOTSTRAPPER}
    answer = await client.request("POST", REQUESTS, headers=headers, body=json.dumps(body).encode())
    await client.close()
    assert answer.status == 201, answer.body


def binding(role: str) -> JSON:
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:bootstrappers"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    about = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"}
    return {**about, "metadata": {"name": role.replace(":", "-")}, "subjects": [group], "roleRef": reference}


def test_kubelets_are_approved_where_whoever_asks_is_permitted_and_others_wait(tmp_path: pathlib.Path) -> None:
    bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"

    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        await admin.create(bindings, binding("system:node-bootstrapper"))
        await asked_as_bootstrapper(folder, server, request("unpermitted", KUBELET, NODE, USAGES))
        await admin.create(REQUESTS, request("by-admin", KUBELET, NODE, USAGES))
        await condition(admin, "by-admin", "Approved")  # it came later, so the first has been looked at
        assert not (await admin.get(f"{REQUESTS}/unpermitted")).get("status")

        await admin.create(bindings, binding("system:certificates.k8s.io:certificatesigningrequests:nodeclient"))
        await asked_as_bootstrapper(folder, server, request("permitted", KUBELET, NODE, USAGES))
        assert (await condition(admin, "permitted", "Approved"))["reason"] == "AutoApproved"
        assert (await signed(admin, "permitted")).subject.rfc4514_string() in (
            "CN=system:node:n1,O=system:nodes",
            "O=system:nodes,CN=system:node:n1",
        )
        odd = {**NODE, "CN": "jane"}
        await asked_as_bootstrapper(folder, server, request("not-a-node", KUBELET, odd, USAGES))
        await asked_as_bootstrapper(folder, server, request("permitted-2", KUBELET, NODE, USAGES))
        await condition(admin, "permitted-2", "Approved")
        assert not (await admin.get(f"{REQUESTS}/not-a-node")).get("status")

    in_cluster(tmp_path, test)


def secret(account: str = "bot", name: str = "kept") -> JSON:
    annotations = {"kubernetes.io/service-account.name": account}
    return {"apiVersion": "v1", "kind": "Secret", "type": TOKEN, "metadata": {"name": name, "annotations": annotations}}


async def filled(admin: rest.Client) -> str:
    async def there() -> bool:
        return "token" in (await admin.get(f"{SECRETS}/kept")).get("data", {})

    await until(there, "the secret is filled")
    return base64.b64decode((await admin.get(f"{SECRETS}/kept"))["data"]["token"]).decode()


async def allowed(folder: pathlib.Path, server: ApiServer, token: str) -> bool:
    client = bare(folder, server, token)
    answer = await client.request("GET", "/api")
    await client.close()
    return answer.status == 200


def account(name: str = "bot") -> JSON:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def test_a_token_secret_is_filled_and_holds_until_it_is_deleted(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        await admin.create(ACCOUNTS, account())
        await admin.create(SECRETS, secret())
        token = await filled(admin)
        found = await admin.get(f"{SECRETS}/kept")
        assert base64.b64decode(found["data"]["namespace"]) == b"default"
        assert base64.b64decode(found["data"]["ca.crt"]) == b"PEM"
        assert await allowed(folder, server, token)

        async def noted() -> bool:
            labels = (await admin.get(f"{SECRETS}/kept"))["metadata"].get("labels", {})
            return labels.get("kubernetes.io/legacy-token-last-used") == f"{now():%Y-%m-%d}"

        await until(noted, "the day of its use is noted")
        await admin.delete(f"{SECRETS}/kept")
        assert not await allowed(folder, server, token)

    in_cluster(tmp_path, test)


def test_a_token_secret_goes_with_its_account(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        await admin.create(ACCOUNTS, account())
        await admin.create(SECRETS, secret())
        token = await filled(admin)
        await admin.create(SECRETS, secret("nobody", "stray"))
        await until(lambda: is_gone(admin, f"{SECRETS}/stray"), "a secret for no account goes")
        await admin.delete(f"{ACCOUNTS}/bot")
        await until(lambda: is_gone(admin, f"{SECRETS}/kept"), "the secret goes")
        assert not await allowed(folder, server, token)

    in_cluster(tmp_path, test)


def test_an_unusable_authority_delays_signing_until_it_is_mended(tmp_path: pathlib.Path) -> None:
    async def test(folder: pathlib.Path, server: ApiServer, admin: rest.Client) -> None:
        key = folder / "client-ca.key"
        good = key.read_bytes()
        key.write_bytes(good[:60])
        await admin.create(REQUESTS, request("jane", CLIENT, {"CN": "jane"}, ["client auth"]))
        await approve(admin, "jane")
        await asyncio.sleep(0.5)  # time in which it would have been signed
        assert not (await admin.get(f"{REQUESTS}/jane"))["status"].get("certificate")
        key.write_bytes(good)
        await signed(admin, "jane")

    in_cluster(tmp_path, test)
