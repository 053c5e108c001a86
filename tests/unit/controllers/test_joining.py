"""Claims about what is left of nodes and tokens that are gone."""

import asyncio
import base64
from typing import Any

from controller_run import run
from fake_api import FakeApi, until

from pyk3s.controllers import joining
from pyk3s.pki import bootstrap

SECRETS = "/api/v1/namespaces/kube-system/secrets"
NODE = "/api/v1/nodes/n1"
PASSWORD = f"{SECRETS}/n1.node-password.k3s"
JSON = dict[str, Any]


def token(expiration: str | None) -> JSON:
    data = {"token-id": "YQ=="}
    if expiration is not None:
        data["expiration"] = base64.b64encode(expiration.encode()).decode()
    return {"type": bootstrap.TYPE, "data": data}


def test_the_password_of_a_deleted_node_is_forgotten() -> None:
    api = FakeApi()
    api.put(NODE, {"metadata": {"name": "n1"}})
    api.put(PASSWORD, {"metadata": {"creationTimestamp": "2999-01-01T00:00:00Z"}})

    async def test() -> None:
        api.remove(NODE)
        await until(lambda: PASSWORD not in api.objects, "the password to go")

    run(api, joining.NodePasswords, test)


def test_a_node_deleted_while_nobody_looked_is_found_at_the_start() -> None:
    api = FakeApi()
    api.put(PASSWORD, {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}})
    api.put(f"{SECRETS}/other", {"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}})

    async def test() -> None:
        await until(lambda: PASSWORD not in api.objects, "the password to go")
        assert f"{SECRETS}/other" in api.objects

    run(api, joining.NodePasswords, test)


def test_a_node_that_has_joined_but_not_registered_keeps_its_name() -> None:
    api = FakeApi()
    api.put(PASSWORD, {"metadata": {"creationTimestamp": "2999-01-01T00:00:00Z"}})

    async def test() -> None:
        await until(lambda: ("GET", SECRETS) in api.log, "a look")
        await asyncio.sleep(0)
        assert PASSWORD in api.objects

    run(api, joining.NodePasswords, test)


def test_expired_and_unreadable_tokens_are_deleted_and_others_stay() -> None:
    api = FakeApi()
    ends = {"old": "2020-01-01T00:00:00Z", "odd": "tomorrow", "new": "2999-01-01T00:00:00Z", "ever": None}
    for name, expiration in ends.items():
        api.put(f"{SECRETS}/bootstrap-token-{name}", token(expiration))

    async def test() -> None:
        await until(lambda: len(api.under(SECRETS)) == 2, "two to go")
        kept = {each["metadata"]["name"] for each in api.under(SECRETS)}
        assert kept == {"bootstrap-token-new", "bootstrap-token-ever"}

    run(api, joining.TokenCleaner, test)
