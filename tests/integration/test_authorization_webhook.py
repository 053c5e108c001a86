"""Access decided by a webhook, well-behaved and not."""

import contextlib
import pathlib

import deciding_webhook
import pytest
from api_in_process import running

from pyk3s.apiserver.authz.modes import AuthorizationSettings

SECRETS = "/api/v1/namespaces/default/secrets"
SIGNERS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
ALLOW, NO_OPINION = {"allowed": True, "reason": "hooked"}, {"allowed": False, "reason": "not mine"}
DENY = {"allowed": False, "denied": True, "reason": "never"}


@contextlib.contextmanager
def deciding(folder: pathlib.Path, answer, modes=("Node", "RBAC", "Webhook"), **more):
    with deciding_webhook.listening(folder / "hook", answer) as webhook:
        settings = AuthorizationSettings(modes=modes, webhook_file=webhook.config, **more)
        with running(authorization=settings) as api:
            yield webhook, api


def code(api, path=SECRETS, method="GET", **more):
    return api.send(method, path, token="alice-token", **more).code


def test_a_webhook_allows_what_roles_do_not_and_is_asked_once(tmp_path):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        assert [code(api) for _ in range(3)] == [200, 200, 200]
    (asked,) = webhook.asked
    assert (asked["apiVersion"], asked["kind"]) == ("authorization.k8s.io/v1", "SubjectAccessReview")
    assert asked["spec"] == {
        "user": "alice",
        "uid": "u1",
        "groups": ["dev", "system:authenticated"],
        "resourceAttributes": {"verb": "list", "version": "v1", "resource": "secrets", "namespace": "default"},
    }


def test_paths_are_asked_about_too(tmp_path):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        assert code(api, "/metrics") == 200
    assert webhook.asked[0]["spec"]["nonResourceAttributes"] == {"path": "/metrics", "verb": "get"}


def test_without_an_opinion_the_refusal_carries_the_reason(tmp_path):
    with deciding(tmp_path, NO_OPINION) as (_, api):
        reply = api.send("GET", SECRETS, token="alice-token")
    assert reply.code == 403
    assert "not mine" in reply.json["message"]


def test_what_the_webhook_denies_no_role_after_it_allows(tmp_path):
    with deciding(tmp_path, DENY, modes=("Webhook", "RBAC")) as (_, api):
        assert code(api, "/version") == 403
    with deciding(tmp_path, NO_OPINION, modes=("Webhook", "RBAC")) as (_, api):
        assert code(api, "/version") == 200


def test_administrators_and_what_roles_allow_are_not_asked_about(tmp_path):
    with deciding(tmp_path, DENY) as (webhook, api):
        assert api.send("GET", SECRETS).code == 200
        assert code(api, "/version") == 200
    assert webhook.asked == []


def test_acting_as_somebody_else_is_asked_about_name_by_name(tmp_path):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        headers = {"Impersonate-User": "bob", "Impersonate-Group": "ops"}
        assert code(api, headers=headers) == 200
    asked = [each["spec"]["resourceAttributes"] for each in webhook.asked]
    assert [(each["verb"], each["resource"], each.get("name")) for each in asked] == [
        ("impersonate", "users", "bob"),
        ("impersonate", "groups", "ops"),
        ("list", "secrets", None),
    ]


def test_reviews_of_access_ask_the_webhook(tmp_path):
    with deciding(tmp_path, DENY) as (_, api):
        spec = {"user": "carol", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "a"}}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        told = api.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body).json["status"]
    assert told == {"allowed": False, "denied": True, "reason": "never"}


def test_admission_may_ask_the_webhook_in_the_middle_of_a_write(tmp_path):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "mine"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
        }
        path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        assert api.send("POST", path, role, token="alice-token").code == 201
    assert [each["spec"]["resourceAttributes"]["verb"] for each in webhook.asked] == ["create", "escalate"]


@pytest.mark.parametrize(
    "bad",
    [
        {"status": 500}, {"status": 302}, {"raw": b""}, {"raw": b"[]"}, {"raw": b" " * (2 << 20)},
        {"answer": None}, {"answer": {"allowed": "true"}}, {"answer": {"allowed": True, "denied": True}},
    ],
)  # fmt: skip
def test_a_webhook_that_answers_badly_has_no_opinion(tmp_path, bad):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        vars(webhook).update(bad)
        assert code(api) == 403
        assert code(api, "/version") == 200


def test_a_webhook_that_fails_is_not_asked_by_every_request(tmp_path):
    with deciding(tmp_path, ALLOW) as (webhook, api):
        webhook.status = 500
        assert {code(api) for _ in range(10)} == {403}
    assert len(webhook.asked) < 10


def test_always_allow_allows_everybody_who_is_known():
    with running(authorization=AuthorizationSettings(modes=("AlwaysAllow",))) as api:
        assert code(api) == 200


def test_what_a_webhook_would_allow_is_not_told_beforehand(tmp_path):
    with deciding(tmp_path, ALLOW) as (_, api):
        group = "authorization.k8s.io/v1"
        body = {"apiVersion": group, "kind": "SelfSubjectRulesReview", "spec": {"namespace": "default"}}
        told = api.send("POST", f"/apis/{group}/selfsubjectrulesreviews", body, token="alice-token").json["status"]
    assert told["incomplete"] is True
    assert "webhook authorizer" in told["evaluationError"]
