"""Admission webhooks over TLS, against a running API server."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from api_server import Api, running
from webhook_server import Webhook, listening, patch

JSON = dict[str, Any]
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1"
EVERY_CONFIG_MAP = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["*"]}


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[Api]:
    with running(tmp_path) as server:
        yield server


def configure(api: Api, kind: str, *hooks: JSON, name: str = "test") -> None:
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": list(hooks),
    }
    code, made = api.send("POST", f"{CONFIGURATIONS}/{kind.lower()}webhookconfigurations", body)
    assert code == 201, made


def hook(webhook: Webhook, name: str = "a.test.io", path: str = "/", **more: Any) -> JSON:
    return {
        "name": name,
        "clientConfig": webhook.client(path),
        "rules": [EVERY_CONFIG_MAP],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **more,
    }


def config_map(name: str, **data: str) -> JSON:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_a_refusal_carries_the_code_and_words_of_the_webhook(api: Api, tmp_path: pathlib.Path) -> None:
    refusing = {"allowed": False, "status": {"code": 403, "message": "not today", "reason": "NotToday"}}
    with listening(tmp_path / "hook", lambda request: refusing) as webhook:
        configure(api, "Validating", hook(webhook))
        code, told = api.send("POST", CONFIG_MAPS, config_map("a"))
    assert code == 403
    assert told["reason"] == "NotToday"
    assert told["message"] == 'admission webhook "a.test.io" denied the request: not today'
    assert api.send("GET", f"{CONFIG_MAPS}/a")[0] == 404


def test_the_question_says_who_does_what_to_which_object(api: Api, tmp_path: pathlib.Path) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": True}) as webhook:
        configure(api, "Validating", hook(webhook, path="/check", timeoutSeconds=7))
        api.send("POST", CONFIG_MAPS, config_map("a", k="1"))
        api.send("PUT", f"{CONFIG_MAPS}/a", config_map("a", k="2"))
        api.send("DELETE", f"{CONFIG_MAPS}/a")
    made, changed, deleted = webhook.asked
    assert webhook.targets[0] == "/check?timeout=7s"
    assert made["kind"] == made["requestKind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert made["resource"] == made["requestResource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert (made["name"], made["namespace"], made["operation"]) == ("a", "default", "CREATE")
    assert made["userInfo"]["username"] == "admin"
    assert made["options"]["kind"] == "CreateOptions"
    assert (made["object"]["data"], made["oldObject"], made["dryRun"]) == ({"k": "1"}, None, False)
    assert changed["operation"] == "UPDATE"
    assert (changed["oldObject"]["data"], changed["object"]["data"]) == ({"k": "1"}, {"k": "2"})
    assert deleted["operation"] == "DELETE"
    assert (deleted["object"], deleted["oldObject"]["data"]) == (None, {"k": "2"})


def test_patches_of_mutating_webhooks_build_on_each_other_and_are_pruned(api: Api, tmp_path: pathlib.Path) -> None:
    def respond(request: JSON) -> JSON:
        count = len(request["object"].get("data") or {})
        added = {"op": "add", "path": f"/data/step{count}", "value": "x"}
        return patch(added, {"op": "add", "path": "/noSuchField", "value": 1})

    with listening(tmp_path / "hook", respond) as webhook:
        configure(api, "Mutating", hook(webhook, "a.test.io"), hook(webhook, "b.test.io"))
        code, made = api.send("POST", CONFIG_MAPS, config_map("a", k="1"))
    assert code == 201
    assert made["data"] == {"k": "1", "step1": "x", "step2": "x"}
    assert "noSuchField" not in made


def test_defaults_and_built_in_admission_follow_a_mutation(api: Api, tmp_path: pathlib.Path) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    api.send("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    sidecar = {"name": "sidecar", "image": "proxy"}
    with listening(
        tmp_path / "hook", lambda request: patch({"op": "add", "path": "/spec/containers/-", "value": sidecar})
    ) as webhook:
        pods = {**EVERY_CONFIG_MAP, "resources": ["pods"], "operations": ["CREATE"]}
        configure(api, "Mutating", hook(webhook, rules=[pods]))
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "main", "image": "app"}]}}  # fmt: skip
        _, made = api.send("POST", "/api/v1/namespaces/default/pods", pod)
    added = made["spec"]["containers"][1]
    assert added["imagePullPolicy"] == "Always"
    assert added["volumeMounts"][0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert len(webhook.asked) == 1


def test_a_webhook_is_asked_again_after_a_later_one_changed_the_object(api: Api, tmp_path: pathlib.Path) -> None:
    def respond(request: JSON) -> JSON:
        if "k" in request["object"].get("data", {}):
            return {"allowed": True}
        return patch({"op": "add", "path": "/data", "value": {"k": "1"}})

    with (
        listening(tmp_path / "first", lambda request: {"allowed": True}) as first,
        listening(tmp_path / "second", respond) as second,
    ):
        configure(api, "Mutating", hook(first, reinvocationPolicy="IfNeeded"), hook(second, "b.test.io"))
        api.send("POST", CONFIG_MAPS, config_map("a"))
    assert ["k" in (each["object"].get("data") or {}) for each in first.asked] == [False, True]
    assert len(second.asked) == 1


@pytest.mark.parametrize(("policy", "code"), [("Fail", 500), ("Ignore", 201)])
def test_a_webhook_that_cannot_be_reached_counts_by_its_failure_policy(
    api: Api, tmp_path: pathlib.Path, policy: str, code: int
) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": True}) as webhook:
        gone = hook(webhook, failurePolicy=policy)
    configure(api, "Validating", gone)
    got, told = api.send("POST", CONFIG_MAPS, config_map("a"))
    assert got == code
    if code == 500:
        assert told["message"].startswith(
            'Internal error occurred: failed calling webhook "a.test.io": failed to call webhook: Post "https://127.0.0.1'
        )


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ({"name": "absent"}, 'service "absent" not found'),
        ({"name": "there", "port": 444}, 'no service port 444 found for service "there"'),
    ],
)
def test_a_service_that_cannot_be_called_is_named(api: Api, service: JSON, why: str) -> None:
    ports = {"metadata": {"name": "there"}, "spec": {"ports": [{"port": 443}]}}
    api.send("POST", "/api/v1/namespaces/default/services", ports)
    where = {"clientConfig": {"service": {"namespace": "default", **service}}}
    asked = {"name": "a.test.io", "rules": [EVERY_CONFIG_MAP], "sideEffects": "None", "admissionReviewVersions": ["v1"]}
    configure(api, "Validating", {**asked, **where})
    code, told = api.send("POST", CONFIG_MAPS, config_map("a"))
    assert (code, told["message"].rpartition(": ")[2]) == (500, why)


def test_a_slow_webhook_is_given_up_after_its_time(api: Api, tmp_path: pathlib.Path) -> None:
    import threading

    release = threading.Event()

    def respond(request: JSON) -> JSON:
        release.wait(30)
        return {"allowed": True}

    with listening(tmp_path / "hook", respond) as webhook:
        configure(api, "Validating", hook(webhook, path="/slow", timeoutSeconds=1))
        code, told = api.send("POST", CONFIG_MAPS, config_map("a"))
        release.set()
    assert code == 500
    assert "/slow?timeout=1s" in told["message"]
    assert told["message"].endswith("context deadline exceeded")


def test_an_unknown_authority_is_not_trusted(api: Api, tmp_path: pathlib.Path) -> None:
    with (
        listening(tmp_path / "hook", lambda request: {"allowed": True}) as webhook,
        listening(tmp_path / "other", lambda request: {"allowed": True}) as other,
    ):
        client = {**webhook.client(), "caBundle": other.client()["caBundle"]}
        configure(api, "Validating", hook(webhook, clientConfig=client))
        code, told = api.send("POST", CONFIG_MAPS, config_map("a"))
    assert code == 500
    assert "certificate verify failed" in told["message"]
    assert webhook.asked == []


def test_selectors_leave_objects_and_namespaces_alone(api: Api, tmp_path: pathlib.Path) -> None:
    only = {"matchLabels": {"checked": "yes"}}
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        configure(api, "Validating", hook(webhook, objectSelector=only), name="objects")
        configure(api, "Validating", hook(webhook, namespaceSelector=only), name="namespaces")
        assert api.send("POST", CONFIG_MAPS, config_map("free"))[0] == 201
        labelled = config_map("held")
        labelled["metadata"]["labels"] = {"checked": "yes"}
        code, told = api.send("POST", CONFIG_MAPS, labelled)
        assert (code, told["message"]) == (400, 'admission webhook "a.test.io" denied the request without explanation')
        api.send(
            "PATCH", "/api/v1/namespaces/default", {"metadata": {"labels": {"checked": "yes"}}},
            "application/merge-patch+json",
        )  # fmt: skip
        assert api.send("POST", CONFIG_MAPS, config_map("too"))[0] == 400


def test_a_dry_run_asks_no_webhook_with_side_effects(api: Api, tmp_path: pathlib.Path) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": True}) as webhook:
        configure(api, "Validating", hook(webhook))
        assert api.send("POST", f"{CONFIG_MAPS}?dryRun=All", config_map("a"))[0] == 201
    assert webhook.asked[0]["dryRun"] is True


def test_configurations_of_admission_are_not_subject_to_it(api: Api, tmp_path: pathlib.Path) -> None:
    everything = {"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"], "operations": ["*"]}
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        configure(api, "Validating", hook(webhook, rules=[everything]))
        configure(api, "Mutating", hook(webhook, rules=[everything]), name="other")
        assert api.send("POST", CONFIG_MAPS, config_map("a"))[0] == 400
        for kind in ("validating", "mutating"):
            name = "test" if kind == "validating" else "other"
            assert api.send("DELETE", f"{CONFIGURATIONS}/{kind}webhookconfigurations/{name}")[0] == 200
        assert api.send("POST", CONFIG_MAPS, config_map("a"))[0] == 201


def test_a_webhook_sees_the_version_that_it_asked_for(api: Api, tmp_path: pathlib.Path) -> None:
    rules = [{"apiGroups": ["autoscaling"], "apiVersions": ["v2"], "resources": ["*"], "operations": ["CREATE"]}]
    with listening(
        tmp_path / "hook", lambda request: patch({"op": "replace", "path": "/spec/maxReplicas", "value": 9})
    ) as webhook:
        configure(api, "Mutating", hook(webhook, rules=rules))
        scaler = {
            "apiVersion": "autoscaling/v1",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "a"},
            "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}},
        }
        path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
        _, made = api.send("POST", path, scaler)
    assert webhook.asked[0]["kind"]["version"] == "v2"
    assert webhook.asked[0]["requestKind"]["version"] == "v1"
    assert webhook.asked[0]["object"]["apiVersion"] == "autoscaling/v2"
    assert (made["apiVersion"], made["spec"]["maxReplicas"]) == ("autoscaling/v1", 9)


def test_a_connection_is_asked_about_with_its_parameters(api: Api, tmp_path: pathlib.Path) -> None:
    rules = [{**EVERY_CONFIG_MAP, "resources": ["pods/exec"], "operations": ["CONNECT"]}]
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        configure(api, "Validating", hook(webhook, rules=rules))
        path = "/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdout=true&container=c"
        code, told = api.send("POST", path)
    assert (code, told["message"]) == (400, 'admission webhook "a.test.io" denied the request without explanation')
    [asked] = webhook.asked
    assert asked["kind"] == {"group": "", "version": "v1", "kind": "PodExecOptions"}
    assert (asked["operation"], asked["subResource"], asked["name"]) == ("CONNECT", "exec", "p")
    wanted = {"kind": "PodExecOptions", "apiVersion": "v1", "command": ["ls", "-l"], "stdout": True, "container": "c"}
    assert asked["object"] == wanted


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "failed to call webhook: the answer is not JSON: "),
        (b"[]", "received invalid webhook response: expected webhook response of admission.k8s.io/v1"),
        (b"x" * (9 << 20), 'failed to call webhook: Post "https://127.0.0.1'),
    ],
)
def test_an_answer_that_is_none_counts_as_a_failure(api: Api, tmp_path: pathlib.Path, body: bytes, told: str) -> None:
    with listening(tmp_path / "hook", lambda request: body) as webhook:
        configure(api, "Validating", hook(webhook))
        code, answer = api.send("POST", CONFIG_MAPS, config_map("a"))
    assert code == 500
    assert answer["message"].startswith(f'Internal error occurred: failed calling webhook "a.test.io": {told}')


def test_scaling_is_asked_about_as_a_scale(api: Api, tmp_path: pathlib.Path) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}
    path = "/apis/apps/v1/namespaces/default/deployments"
    api.send("POST", path, deployment)
    rules = [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["*/scale"], "operations": ["UPDATE"]}]
    wanted: list[Any] = [3, "many"]

    def respond(request: JSON) -> JSON:
        return patch({"op": "replace", "path": "/spec/replicas", "value": wanted.pop(0)})

    with listening(tmp_path / "hook", respond) as webhook:
        configure(api, "Mutating", hook(webhook, rules=rules))
        merge = "application/merge-patch+json"
        assert api.send("PATCH", f"{path}/d/scale", {"spec": {"replicas": 2}}, merge)[1]["spec"] == {"replicas": 3}
        assert api.send("PATCH", f"{path}/d/scale", {"spec": {"replicas": 2}}, merge)[0] == 400
    assert api.send("GET", f"{path}/d")[1]["spec"]["replicas"] == 3
    asked = webhook.asked[0]
    assert asked["kind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert (asked["object"]["kind"], asked["object"]["spec"]) == ("Scale", {"replicas": 2})
    assert (asked["oldObject"]["kind"], asked["oldObject"]["spec"]) == ("Scale", {"replicas": 1})


PODS = "/api/v1/namespaces/default/pods"


def make_pod(api: Api, name: str = "p") -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    api.send("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [
        {"name": "main", "image": "app"}]}}  # fmt: skip
    code, made = api.send("POST", PODS, pod)
    assert code == 201, made


@pytest.mark.parametrize(
    ("path", "resources", "sub"),
    [(f"{PODS}/p/binding", "pods", "binding"), ("/api/v1/namespaces/default/bindings", "bindings", "")],
)
def test_admission_sees_a_binding_as_the_creation_of_one(
    api: Api, tmp_path: pathlib.Path, path: str, resources: str, sub: str
) -> None:
    make_pod(api)
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "p"},
        "target": {"kind": "Node", "name": "n"},
    }
    every_pod = {**EVERY_CONFIG_MAP, "resources": ["pods", "pods/*", "bindings"]}

    def respond(request: JSON) -> JSON:
        labelled = patch({"op": "add", "path": "/metadata/labels", "value": {"a": "b"}})
        return labelled if len(webhook.asked) > 1 else {"allowed": False}

    with listening(tmp_path / "hook", respond) as webhook:
        configure(api, "Mutating", hook(webhook, rules=[every_pod]))
        assert api.send("POST", path, binding)[0] == 400
        assert "nodeName" not in api.send("GET", f"{PODS}/p")[1]["spec"]
        assert api.send("POST", path, binding)[0] == 201
    assert len(webhook.asked) == 2
    asked = webhook.asked[0]
    assert asked["kind"] == {"group": "", "version": "v1", "kind": "Binding"}
    assert (asked["operation"], asked["resource"]["resource"], asked.get("subResource", "")) == (
        "CREATE",
        resources,
        sub,
    )
    assert (asked["object"]["target"]["name"], asked["oldObject"]) == ("n", None)
    bound = api.send("GET", f"{PODS}/p")[1]
    assert (bound["spec"]["nodeName"], bound["metadata"]["labels"]) == ("n", {"a": "b"})


def test_an_eviction_can_be_refused(api: Api, tmp_path: pathlib.Path) -> None:
    make_pod(api)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    rules = [{**EVERY_CONFIG_MAP, "resources": ["pods/eviction"], "operations": ["CREATE"]}]
    with listening(tmp_path / "hook", lambda request: {"allowed": len(webhook.asked) > 1}) as webhook:
        configure(api, "Validating", hook(webhook, rules=rules))
        assert api.send("POST", f"{PODS}/p/eviction", eviction)[0] == 400
        assert api.send("GET", f"{PODS}/p")[0] == 200
        assert api.send("POST", f"{PODS}/p/eviction", eviction)[0] == 201
    asked = webhook.asked[0]
    assert asked["kind"] == {"group": "policy", "version": "v1", "kind": "Eviction"}
    assert (asked["operation"], asked["subResource"], asked["object"]["kind"]) == ("CREATE", "eviction", "Eviction")


def conditions(*expressions: str) -> list[JSON]:
    return [{"name": f"c{number}", "expression": each} for number, each in enumerate(expressions)]


def test_a_condition_that_is_false_skips_the_webhook(api: Api, tmp_path: pathlib.Path) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        only = conditions("object.metadata.name != 'free'", "request.operation == 'CREATE'")
        configure(api, "Validating", hook(webhook, matchConditions=only))
        assert api.send("POST", CONFIG_MAPS, config_map("free"))[0] == 201
        assert api.send("POST", CONFIG_MAPS, config_map("held"))[0] == 400
    assert [each["name"] for each in webhook.asked] == ["held"]


def test_a_mutating_webhook_is_asked_where_its_conditions_hold_for_what_came_before(
    api: Api, tmp_path: pathlib.Path
) -> None:
    def respond(request: JSON) -> JSON:
        return patch({"op": "add", "path": "/data/count", "value": str(len(webhook.asked))})

    with listening(tmp_path / "hook", respond) as webhook:
        once = conditions("!has(object.data.count)")
        first, second = hook(webhook, matchConditions=once), hook(webhook, "b.test.io", matchConditions=once)
        configure(api, "Mutating", first, second)
        assert api.send("POST", CONFIG_MAPS, config_map("a", k="1"))[1]["data"] == {"k": "1", "count": "1"}
    assert len(webhook.asked) == 1


@pytest.mark.parametrize(("policy", "code"), [("Fail", 403), ("Ignore", 201)])
def test_an_error_in_a_condition_counts_by_the_failure_policy(
    api: Api, tmp_path: pathlib.Path, policy: str, code: int
) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        failing = conditions("object.data.missing == 'x'")
        configure(api, "Validating", hook(webhook, failurePolicy=policy, matchConditions=failing))
        got, told = api.send("POST", CONFIG_MAPS, config_map("a", k="1"))
        assert got == code
        if code == 403:
            assert told["message"] == (
                'configmaps "a" is forbidden: '
                "expression 'object.data.missing == 'x'' resulted in error: no such key: missing"
            )
    assert webhook.asked == []


def test_a_condition_that_is_false_counts_more_than_one_that_fails(api: Api, tmp_path: pathlib.Path) -> None:
    with listening(tmp_path / "hook", lambda request: {"allowed": False}) as webhook:
        both = conditions("object.data.missing == 'x'", "false")
        configure(api, "Validating", hook(webhook, matchConditions=both))
        assert api.send("POST", CONFIG_MAPS, config_map("a", k="1"))[0] == 201


@pytest.mark.parametrize(
    ("expression", "why"),
    [("object.x ==", "Syntax error"), ("variables.x", "undeclared reference"), ("'a'", "must evaluate to bool")],
)
def test_a_condition_that_does_not_compile_is_refused_at_its_place(
    api: Api, tmp_path: pathlib.Path, expression: str, why: str
) -> None:
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "conditional"},
        "webhooks": [
            {
                "name": "a.test.io",
                "clientConfig": {"url": "https://127.0.0.1:1/"},
                "rules": [EVERY_CONFIG_MAP],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "matchConditions": conditions("true", expression),
            }
        ],
    }
    code, told = api.send("POST", f"{CONFIGURATIONS}/validatingwebhookconfigurations", body)
    assert code == 422
    [cause] = told["details"]["causes"]
    assert (cause["field"], cause["reason"]) == ("webhooks[0].matchConditions[1].expression", "FieldValueInvalid")
    assert why in cause["message"]
