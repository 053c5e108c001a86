"""What holds of a running API server beyond single answers: restarts, concurrent writers, watches."""

import concurrent.futures
import json
import pathlib
from typing import Any

import pytest
from api_server import Api, running

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def api(tmp_path: pathlib.Path):
    with running(tmp_path) as server:
        yield server


def config_map(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_what_was_written_is_there_after_a_restart(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        _, made = api.send("POST", CONFIG_MAPS, config_map("kept", a="1"))
    with running(tmp_path) as api:
        code, found = api.send("GET", f"{CONFIG_MAPS}/kept")
    assert (code, found) == (200, made)


def test_a_watch_from_before_a_restart_resumes(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        _, first = api.send("POST", CONFIG_MAPS, config_map("seen"))
        api.send("POST", CONFIG_MAPS, config_map("made"))
        api.send("PATCH", f"{CONFIG_MAPS}/made", {"data": {"a": "1"}}, "application/merge-patch+json")
        api.send("DELETE", f"{CONFIG_MAPS}/seen")
    seen = first["metadata"]["resourceVersion"]
    with running(tmp_path) as api:
        path = f"{CONFIG_MAPS}?watch=true&timeoutSeconds=1&resourceVersion={seen}"
        _, _, lines = api.exchange("GET", path)
    events = [json.loads(line) for line in lines.splitlines()]
    told = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
    assert told == [("ADDED", "made"), ("MODIFIED", "made"), ("DELETED", "seen")]


def test_a_page_continues_after_a_restart(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as api:
        for name in "abc":
            api.send("POST", CONFIG_MAPS, config_map(name))
        _, page = api.send("GET", f"{CONFIG_MAPS}?limit=1")
        api.send("DELETE", f"{CONFIG_MAPS}/b")
    with running(tmp_path) as api:
        _, rest = api.send("GET", f"{CONFIG_MAPS}?limit=5&continue={page['metadata']['continue']}")
    assert [item["metadata"]["name"] for item in rest["items"]] == ["b", "c"]


def test_an_address_given_before_a_restart_is_not_given_again(tmp_path: pathlib.Path) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}
    with running(tmp_path) as api:
        _, made = api.send("POST", "/api/v1/namespaces/default/services", service)
    service["metadata"] = {"name": "b"}
    service["spec"] = {"ports": [{"port": 80}], "clusterIP": made["spec"]["clusterIP"]}
    with running(tmp_path) as api:
        code, refused = api.send("POST", "/api/v1/namespaces/default/services", service)
    assert code == 422
    assert "provided IP is already allocated" in refused["message"]


def test_concurrent_patches_are_all_applied(api: Api) -> None:
    api.send("POST", CONFIG_MAPS, config_map("shared"))

    def patch(number: int) -> int:
        change = {"data": {f"k{number}": "x"}}
        return api.send("PATCH", f"{CONFIG_MAPS}/shared", change, "application/merge-patch+json")[0]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(patch, range(40))) == {200}
    assert len(api.send("GET", f"{CONFIG_MAPS}/shared")[1]["data"]) == 40


def test_one_of_many_creators_of_a_name_succeeds(api: Api) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: api.send("POST", CONFIG_MAPS, config_map("one"))[0], range(8)))
    assert sorted(codes) == [201] + [409] * 7


def test_pages_show_one_moment(api: Api) -> None:
    for number in range(6):
        api.send("POST", CONFIG_MAPS, config_map(f"p{number}"))
    _, first = api.send("GET", f"{CONFIG_MAPS}?limit=2")
    api.send("DELETE", f"{CONFIG_MAPS}/p5")
    api.send("POST", CONFIG_MAPS, config_map("p9"))
    _, rest = api.send("GET", f"{CONFIG_MAPS}?continue={first['metadata']['continue']}")
    names = [each["metadata"]["name"] for each in (*first["items"], *rest["items"])]
    assert [name for name in names if name.startswith("p")] == ["p0", "p1", "p2", "p3", "p4", "p5"]


def test_events_are_served_in_both_of_their_groups(api: Api) -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "x"},
        "reason": "Tested",
    }
    assert api.send("POST", "/api/v1/namespaces/default/events", event)[0] == 201
    code, found = api.send("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e")
    assert (code, found["apiVersion"], found["regarding"]["name"]) == (200, "events.k8s.io/v1", "x")


def test_the_root_names_what_there_is(api: Api) -> None:
    paths = api.send("GET", "/")[1]["paths"]
    assert {"/api/v1", "/apis/apps", "/apis/apps/v1", "/readyz/ping", "/metrics", "/openapi/v3"} <= set(paths)


def test_a_check_can_be_left_out_of_a_probe(api: Api) -> None:
    _, _, told = api.exchange("GET", "/readyz?verbose&exclude=etcd")
    assert b"[+]etcd excluded: ok\n" in told


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("limit=9223372036854775808", "value out of range"),
        ("limit=1_0", "invalid syntax"),
        ("timeoutSeconds=x", "invalid syntax"),
    ],
)
def test_numbers_of_a_list_are_what_a_number_may_be(api: Api, query: str, why: str) -> None:
    code, told = api.send("GET", f"/api/v1/namespaces?{query}")
    text = query.partition("=")[2]
    assert (code, told["message"]) == (400, f'strconv.ParseInt: parsing "{text}": {why}')


def test_events_are_selected_by_the_names_of_their_group(api: Api) -> None:
    body = {"involvedObject": {"kind": "Pod", "name": "x", "namespace": "default"}, "reason": "R", "type": "Normal"}
    made = {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "e"}, **body, "source": {"component": "c"}}
    assert api.send("POST", "/api/v1/namespaces/default/events", made)[0] == 201
    new = "/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector="
    for selector, count in (("regarding.name%3Dx", 1), ("regarding.kind%3DNode", 0), ("reason%3DR", 1)):
        assert len(api.send("GET", new + selector)[1]["items"]) == count
    old = "/api/v1/namespaces/default/events?fieldSelector="
    for path in (f"{new}involvedObject.name%3Dx", f"{new}source%3Dc", f"{old}regarding.name%3Dx"):
        code, told = api.send("GET", path)
        assert (code, told["message"].partition(":")[0]) == (400, "field label not supported")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "Secret"}, "converting (v1.Secret) to (core.ConfigMap): unknown conversion"),
        ({"kind": "Foo"}, 'no kind "Foo" is registered for version "v1" in scheme'),
        ({"apiVersion": "v2"}, 'no kind "ConfigMap" is registered for version "v2" in scheme'),
    ],
)
def test_a_patch_makes_no_other_kind_of_an_object(api: Api, change: dict[str, str], why: str) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    api.send("POST", path, {"metadata": {"name": "m"}})
    code, told = api.send("PATCH", f"{path}/m", change, "application/merge-patch+json")
    assert (code, told["reason"]) == (422, "Invalid")
    assert why in told["message"]
    assert api.send("PATCH", f"{path}/m", {"kind": None}, "application/merge-patch+json")[0] == 200


MERGE = "application/merge-patch+json"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def make_workloads(api: Api) -> None:
    """A deployment `d` and a pod `p`."""
    containers = [{"name": "c", "image": "i"}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    assert api.send("POST", DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec})[0] == 201
    api.send("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    pod = {"metadata": {"name": "p"}, "spec": {"containers": containers}}
    assert api.send("POST", "/api/v1/namespaces/default/pods", pod)[0] == 201


def test_subresources_answer_as_their_kinds_demand(api: Api) -> None:
    make_workloads(api)
    code, told = api.send("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": "x"}}, MERGE)
    assert (code, told["reason"]) == (422, "Invalid")
    assert "json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32" in told["message"]
    assert api.send("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 3}}, MERGE)[1]["spec"] == {"replicas": 3}
    assert api.send("GET", f"{DEPLOYMENTS}/d/scale/more")[0] == 404
    pods = "/api/v1/namespaces/default/pods"
    code, told = api.send("GET", f"{pods}/p/log?tailLines=x")
    assert (code, told["message"]) == (400, 'strconv.ParseInt: parsing "x": invalid syntax')
    _, told = api.send("PATCH", f"{pods}/p/status", {"status": {"podIP": "10.0.0.1"}}, MERGE)
    assert told["status"]["podIPs"] == [{"ip": "10.0.0.1"}]
    _, told = api.send("PATCH", f"{pods}/p/status", {"status": {"podIP": "10.0.0.2"}}, MERGE)
    assert told["status"]["podIPs"] == [{"ip": "10.0.0.2"}]
    code, told = api.send("PATCH", f"{pods}/p/status", {"status": {"podIP": "x"}}, MERGE)
    assert (code, told["details"]["causes"][0]["field"]) == (422, "status.podIPs[0]")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"data": "x"}, '"map[data:x]": cannot restore map from string'),
        ({"data": {"a": [None, 1.5, True]}}, '"map[data:map[a:[<nil> 1.5 true]]]": unrecognized type: string'),
    ],
)
def test_a_strategic_patch_that_does_not_fit_is_shown_itself(api: Api, change: dict[str, Any], told: str) -> None:
    maps = "/api/v1/namespaces/default/configmaps"
    api.send("POST", maps, {"metadata": {"name": "strategic"}})
    patch = "application/strategic-merge-patch+json"
    code, answer = api.send("PATCH", f"{maps}/strategic", change, patch)
    assert (code, answer["message"]) == (422, f' "" is invalid: patch: Invalid value: {told}')


def test_an_apply_that_repeats_a_key_is_told_so(api: Api) -> None:
    path = "/api/v1/namespaces/default/configmaps/repeated?fieldManager=a"
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: repeated}\ndata: {q: '1', q: '2'}\n"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    code, _, answer = api.exchange("PATCH", path + "&fieldValidation=Strict", text, headers)
    assert (code, json.loads(answer)["message"]) == (
        400,
        "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
        '  line 4: key "q" already set in map',
    )
    assert api.exchange("PATCH", path, text, headers)[0] == 201
    code, _, answer = api.exchange("PATCH", path, b"[1]", headers)
    assert json.loads(answer)["message"].endswith(
        "cannot unmarshal array into Go value of type map[string]interface {}"
    )


def test_an_object_that_is_gone_is_not_applied_as_another(api: Api) -> None:
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gone", "uid": "u"}}
    path = "/api/v1/namespaces/default/configmaps/gone?fieldManager=a"
    code, answer = api.send("PATCH", path, wanted, "application/apply-patch+yaml")
    assert code == 409
    assert answer["message"].endswith("specified uid u, and no existing object was found")


def test_a_watch_from_a_revision_to_come_waits_in_silence(api: Api) -> None:
    maps = "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=999999999"
    assert api.exchange("GET", maps)[::2] == (200, b"")
    code, _, told = api.exchange("GET", f"{maps}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
    event = json.loads(told)
    assert (code, event["type"], event["object"]["code"]) == (200, "ERROR", 504)
