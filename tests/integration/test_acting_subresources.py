"""What evictions, bindings, token requests and scales refuse and leave behind."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from api_server import Api, running

PODS = "/api/v1/namespaces/default/pods"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
MERGE = "application/merge-patch+json"
UNNAMED = "the name of the object (web based on URL) was undeterminable: name must be provided"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    place: pathlib.Path = tmp_path_factory.mktemp("acting")
    with running(place) as server:
        for name in ("default", "asking"):
            server.send("POST", ACCOUNTS, {"metadata": {"name": name}})
        yield server


def make_pod(api: Api, name: str, *, phase: str = "Running", **metadata: Any) -> str:
    spec = {"containers": [{"name": "main", "image": "busybox:1"}], "automountServiceAccountToken": False}
    pod = {"metadata": {"name": name, "labels": {"app": name}, **metadata}, "spec": spec}
    assert api.send("POST", PODS, pod)[0] == 201
    state = {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}
    api.send("PATCH", f"{PODS}/{name}/status", {"status": state}, MERGE)
    return f"{PODS}/{name}"


def make_budget(api: Api, name: str, app: str, **state: int) -> str:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}
    assert api.send("POST", BUDGETS, {"metadata": {"name": name}, "spec": spec})[0] == 201
    numbers = {"observedGeneration": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, **state}
    api.send("PATCH", f"{BUDGETS}/{name}/status", {"status": numbers}, MERGE)
    return f"{BUDGETS}/{name}"


def eviction(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}, **more}


def test_an_evicted_pod_says_why_it_goes(api: Api) -> None:
    pod = make_pod(api, "held", finalizers=["a.b/c"])
    assert api.send("POST", f"{pod}/eviction?dryRun=All", eviction("held"))[0] == 201
    assert "deletionTimestamp" not in api.send("GET", pod)[1]["metadata"]
    assert api.send("POST", f"{pod}/eviction", eviction("held"))[0] == 201
    _, left = api.send("GET", pod)
    told = left["status"]["conditions"][-1]
    assert left["metadata"]["deletionTimestamp"]
    assert (told["type"], told["status"], told["reason"], told["message"]) == (
        "DisruptionTarget",
        "True",
        "EvictionByEvictionAPI",
        "Eviction API: evicting",
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "name in URL does not match name in Eviction object"),
        (
            eviction("picky") | {"metadata": {"name": "picky", "namespace": "other"}},
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (eviction("picky", deleteOptions={"preconditions": {"uid": "u"}}), "the UID in the precondition (u)"),
        (eviction("picky", deleteOptions={"propagationPolicy": "Odd"}), 'propagationPolicy: Unsupported value: "Odd"'),
    ],
)
def test_an_eviction_that_does_not_fit_is_refused(api: Api, body: dict[str, Any], told: str) -> None:
    if api.send("GET", f"{PODS}/picky")[0] == 404:
        make_pod(api, "picky")
    code, answer = api.send("POST", f"{PODS}/picky/eviction", body)
    assert code >= 400
    assert told in answer["message"]


def test_the_last_disruption_that_a_budget_allows_is_told_in_its_status(api: Api) -> None:
    pod, budget = make_pod(api, "spent"), make_budget(api, "spent", "spent", disruptionsAllowed=1)
    assert api.send("POST", f"{pod}/eviction", eviction("spent"))[0] == 201
    state = api.send("GET", budget)[1]["status"]
    (told,) = state["conditions"]
    assert (state["disruptionsAllowed"], list(state["disruptedPods"])) == (0, ["spent"])
    assert (told["type"], told["status"], told["reason"]) == ("DisruptionAllowed", "False", "InsufficientPods")
    assert told["observedGeneration"] == 1


def test_several_budgets_of_one_pod_are_told_in_an_answer_that_is_no_error(api: Api) -> None:
    pod = make_pod(api, "twice")
    make_budget(api, "first", "twice")
    make_budget(api, "second", "twice")
    code, answer = api.send("POST", f"{pod}/eviction", eviction("twice"))
    assert (code, answer["status"], answer["code"]) == (201, "Failure", 500)
    assert answer["message"].startswith("This pod has more than one PodDisruptionBudget")


def test_a_binding_names_its_pod(api: Api) -> None:
    pod = make_pod(api, "placed", phase="Pending")
    target = {"kind": "Node", "name": "n"}
    code, answer = api.send("POST", f"{pod}/binding", {"target": target})
    assert (code, answer["message"]) == (400, "name in URL does not match name in Binding object")
    code, answer = api.send("POST", "/api/v1/namespaces/default/bindings", {"target": target})
    assert (code, answer["message"]) == (400, "Name parameter required.")


@pytest.mark.parametrize(
    ("metadata", "spec", "code", "told"),
    [
        ({"name": "other"}, {}, 422, "must match the service account name if specified"),
        ({"namespace": "other"}, {}, 400, "the namespace of the provided object does not match"),
        ({"uid": "u"}, {}, 409, "the UID in the token request (u) does not match the UID of the service account"),
        ({}, {"kind": "Odd", "apiVersion": "v1"}, 400, "cannot bind token to object of type /v1, Kind=Odd"),
        ({}, {"kind": "pod", "apiVersion": "v1"}, 400, "cannot bind token to object of type /v1, Kind=pod"),
        ({}, {"kind": "Pod", "apiVersion": "v1", "name": "bound"}, 400, "different serviceaccount name."),
    ],
)
def test_a_token_is_asked_for_the_account_and_the_pod_of_it(
    api: Api, metadata: dict[str, str], spec: dict[str, str], code: int, told: str
) -> None:
    if api.send("GET", f"{PODS}/bound")[0] == 404:
        make_pod(api, "bound")
    body = {"metadata": metadata, "spec": {"boundObjectRef": spec} if spec else {}}
    found, answer = api.send("POST", f"{ACCOUNTS}/asking/token", body)
    assert (found, told in answer["message"]) == (code, True), answer["message"]


def test_an_object_sent_without_its_name_is_refused(api: Api) -> None:
    maps = "/api/v1/namespaces/default/configmaps"
    api.send("POST", maps, {"metadata": {"name": "web"}})
    attempts: list[tuple[str, str, Any, str]] = [
        ("PUT", f"{maps}/web", {"metadata": {}}, "application/json"),
        ("PATCH", f"{maps}/web", {"metadata": None}, MERGE),
        ("PATCH", f"{maps}/web", [{"op": "remove", "path": "/metadata/name"}], "application/json-patch+json"),
    ]
    for method, path, body, kind in attempts:
        code, answer = api.send(method, path, body, kind)
        assert (code, answer["message"]) == (400, UNNAMED)
    apply = ("application/apply-patch+yaml",)
    body = {"apiVersion": "v1", "kind": "ConfigMap"}
    assert api.send("PATCH", f"{maps}/web?fieldManager=a", body, *apply)[0] == 200  # its name is that of what is there
    code, answer = api.send("PATCH", f"{maps}/new?fieldManager=a", body, *apply)
    assert (code, answer["message"]) == (400, UNNAMED.replace("web", "new"))


def test_a_scale_is_of_the_object_that_the_path_names(api: Api) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "busybox:1"}]}}
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    spec = {"selector": {"matchLabels": labels}, "template": template}
    api.send("POST", deployments, {"metadata": {"name": "web"}, "spec": spec})
    code, answer = api.send("PUT", f"{deployments}/web/scale", {"spec": {"replicas": 2}})
    assert (code, answer["message"]) == (400, UNNAMED)
    other = {"metadata": {"name": "web", "namespace": "other"}, "spec": {"replicas": 2}}
    assert api.send("PUT", f"{deployments}/web/scale", other)[0] == 400


def test_a_namespace_is_finalized_with_qualified_names(api: Api) -> None:
    api.send("POST", "/api/v1/namespaces", {"metadata": {"name": "ending"}})
    body = {"metadata": {"name": "ending"}, "spec": {"finalizers": ["odd"]}}
    code, answer = api.send("PUT", "/api/v1/namespaces/ending/finalize", body)
    assert (code, answer["details"]["causes"][0]["field"]) == (422, "spec.finalizers[0]")


@pytest.mark.parametrize(
    ("kind", "body", "code", "told"),
    [
        (
            "subjectaccessreviews",
            {"metadata": {"name": "a"}},
            422,
            'metadata: Invalid value: {"name":"a"}: must be empty',
        ),
        (
            "subjectaccessreviews",
            {"labelSelector": {"requirements": [{"key": "a", "operator": "In"}]}},
            422,
            "spec.resourceAttributes.labelSelector.requirements[0].values: Required value",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            {"metadata": {"namespace": "b"}},
            400,
            "does not match the names",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            {"path": "/x"},
            422,
            'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":""}: disallowed on this kind of request',
        ),
        ("subjectaccessreviews?fieldValidation=Strict", {"odd": 1}, 400, 'unknown field "spec.resourceAttributes.odd"'),
    ],
)
def test_a_review_that_does_not_fit_is_refused(api: Api, kind: str, body: dict[str, Any], code: int, told: str) -> None:
    metadata, path = body.pop("metadata", {}), body.pop("path", None)
    attributes = {"nonResourceAttributes": {"path": path}} if path else {"resourceAttributes": {"verb": "get", **body}}
    if "namespaces/" in kind and not path:
        attributes["resourceAttributes"]["namespace"] = "default"
    found, answer = api.send(
        "POST", f"/apis/authorization.k8s.io/v1/{kind}", {"metadata": metadata, "spec": {"user": "a", **attributes}}
    )
    assert (found, told in answer["message"]) == (code, True), answer["message"]
