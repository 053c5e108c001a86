"""Custom resources in versions that a webhook converts, against a running API server and a webhook over TLS."""

import contextlib
import json
import threading
import urllib.request

import api_in_process
import api_server
import pytest
import webhook_server
import widgets
from widgets import DEFINITION, DEFINITIONS, until

from pyk3s.apiserver.crd import converting as converting_webhook

MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


def path(version, name=""):
    return widgets.path(name, version=version)


def version(name, *, storage=False, **spec):
    schema = widgets.struct(spec=widgets.struct(**spec))
    return widgets.version(schema, name, storage=storage, subresources={"status": {}})


TEXT = {"type": "string"}
V1, V2 = version("v1", storage=True, hostPort=TEXT), version("v2", host=TEXT, port=TEXT)


def definition(webhook, *versions):
    told = {"clientConfig": webhook.client("/convert"), "conversionReviewVersions": ["v1"]}
    return widgets.definition(*(versions or (V1, V2)), conversion={"strategy": "Webhook", "webhook": told})


def convert(obj, desired):
    """v1 says hostPort, v2 says host and port."""
    spec = obj.get("spec", {})
    if desired.endswith("v2") and "hostPort" in spec:
        host, _, port = spec["hostPort"].partition(":")
        spec = {"host": host, "port": port}
    elif desired.endswith("v1") and "host" in spec:
        spec = {"hostPort": f"{spec['host']}:{spec['port']}"}
    return {**obj, "apiVersion": desired, "spec": spec}


def converting(request):
    made = [convert(each, request["desiredAPIVersion"]) for each in request["objects"]]
    return {"result": {"status": "Success"}, "convertedObjects": made}


@contextlib.contextmanager
def defined(folder, respond=converting, *versions):
    """A server, and the webhook of its definition."""
    with api_server.running(folder) as api, webhook_server.listening(folder / "hook", respond) as webhook:
        widgets.define(api, definition(webhook, *versions))
        yield api, webhook


def widget(version, name, **spec):
    return widgets.widget(name, version=version, **spec)


def test_an_object_is_written_and_read_in_any_version(tmp_path):
    with defined(tmp_path) as (api, webhook):
        code, made = api.send("POST", path("v2"), widget("v2", "a", host="h", port="1"))
        assert (code, made["apiVersion"], made["spec"]) == (201, "example.com/v2", {"host": "h", "port": "1"})
        assert api.send("GET", path("v1", "a"))[1]["spec"] == {"hostPort": "h:1"}
        assert api.send("GET", path("v2", "a"))[1]["spec"] == {"host": "h", "port": "1"}
        stored = webhook.asked[0]["objects"][0]["metadata"]
        assert webhook.targets[0] == "/convert?timeout=30s"
        assert stored["uid"] == made["metadata"]["uid"]


def test_the_stored_version_is_read_and_written_without_asking(tmp_path):
    with defined(tmp_path) as (api, webhook):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        api.send("PATCH", path("v1", "a"), {"spec": {"hostPort": "h:2"}}, MERGE)
        assert api.send("GET", path("v1"))[1]["items"][0]["spec"] == {"hostPort": "h:2"}
        assert webhook.asked == []


def test_a_list_asks_once(tmp_path):
    with defined(tmp_path) as (api, webhook):
        for number in range(5):
            api.send("POST", path("v1"), widget("v1", f"w{number}", hostPort=f"h:{number}"))
        items = api.send("GET", path("v2"))[1]["items"]
        assert [each["spec"]["port"] for each in items] == ["0", "1", "2", "3", "4"]
        assert [len(each["objects"]) for each in webhook.asked] == [5]
        page = api.send("GET", f"{path('v2')}?limit=2")[1]
        assert len(page["items"]) == len(webhook.asked[1]["objects"]) == 2


def test_a_mixed_list_asks_about_those_alone_that_are_in_another_version(tmp_path):
    with defined(tmp_path) as (api, webhook):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        newer = [{**V1, "storage": False}, {**V2, "storage": True}]
        api.send("PATCH", DEFINITION, {"spec": {"versions": newer}}, MERGE)
        api.send("POST", path("v2"), widget("v2", "b", host="h", port="2"))
        for version in ("v1", "v2"):
            listed = api.send("GET", path(version))[1]
            assert {each["apiVersion"] for each in listed["items"]} == {f"example.com/{version}"}
        assert [[each["metadata"]["name"] for each in asked["objects"]] for asked in webhook.asked] == [["b"], ["a"]]


def test_every_kind_of_change_works_in_the_version_that_is_not_stored(tmp_path):
    with defined(tmp_path) as (api, _):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        shown = api.send("GET", path("v2", "a"))[1]
        shown["spec"]["port"] = "2"
        assert api.send("PUT", path("v2", "a"), shown)[1]["spec"]["port"] == "2"
        assert api.send("PATCH", path("v2", "a"), {"spec": {"port": "3"}}, MERGE)[1]["spec"]["port"] == "3"
        applied = widget("v2", "a", host="other", port="3")
        code, told = api.send("PATCH", f"{path('v2', 'a')}?fieldManager=m&force=true", applied, APPLY)
        assert (code, told["spec"]) == (200, {"host": "other", "port": "3"})
        state = {"status": {}}
        assert api.send("PATCH", path("v2", "a/status"), state, MERGE)[0] == 200
        assert api.send("GET", path("v1", "a"))[1]["spec"] == {"hostPort": "other:3"}
        assert api.send("DELETE", path("v2", "a"))[0] == 200
        assert api.send("GET", path("v1", "a"))[0] == 404


def test_fields_that_a_webhook_makes_cannot_be_selected_by(tmp_path):
    versions = ({**V1, "selectableFields": [{"jsonPath": ".spec.hostPort"}]},
                {**V2, "selectableFields": [{"jsonPath": ".spec.host"}]})  # fmt: skip
    with defined(tmp_path, converting, *versions) as (api, _):
        api.send("POST", path("v2"), widget("v2", "a", host="h", port="1"))
        assert len(api.send("GET", f"{path('v1')}?fieldSelector=spec.hostPort%3Dh:1")[1]["items"]) == 1
        code, told = api.send("GET", f"{path('v2')}?fieldSelector=spec.host%3Dh")
        assert (code, told["message"].partition(": a webhook")[0]) == (400, "field label not supported: spec.host")


def test_a_watch_shows_its_own_version(tmp_path):
    with defined(tmp_path) as (api, _):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        with watching(api, f"{path('v2')}?watch=1") as events:
            first = next(events)
            api.send("PATCH", path("v1", "a"), {"spec": {"hostPort": "h:2"}}, MERGE)
            second = next(events)
            api.send("DELETE", path("v1", "a"))
            third = next(events)
    assert [each["type"] for each in (first, second, third)] == ["ADDED", "MODIFIED", "DELETED"]
    assert [each["object"]["spec"]["port"] for each in (first, second, third)] == ["1", "2", "2"]
    assert {each["object"]["apiVersion"] for each in (first, second, third)} == {"example.com/v2"}


@contextlib.contextmanager
def watching(api, where):
    headers = {"Authorization": f"Bearer {api_server.TOKEN}"}
    request = urllib.request.Request(api.url + where, headers=headers)
    with urllib.request.urlopen(request, context=api._context, timeout=30) as reply:
        yield (json.loads(line) for line in reply)


def test_a_watch_that_cannot_be_converted_says_so_and_ends(tmp_path):
    def respond(request):
        return {"result": {"status": "Failed", "message": "no idea"}}

    with defined(tmp_path, respond) as (api, _):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        with watching(api, f"{path('v2')}?watch=1") as events:
            told = list(events)
    assert [each["type"] for each in told] == ["ERROR"]
    assert told[0]["object"]["message"] == "conversion webhook for example.com/v1, Kind=Widget failed: no idea"


def test_a_new_storage_version_takes_objects_over_as_they_are_written(tmp_path):
    with defined(tmp_path) as (api, webhook):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        newer = [{**V1, "storage": False}, {**V2, "storage": True}]
        code, told = api.send("PATCH", DEFINITION, {"spec": {"versions": newer}}, MERGE)
        assert code == 200, told
        assert told["status"]["storedVersions"] == ["v1", "v2"]
        shown = api.send("GET", path("v2", "a"))[1]
        assert shown["spec"] == {"host": "h", "port": "1"}
        code, written = api.send("PUT", path("v2", "a"), shown)
        assert (code, written["metadata"]["resourceVersion"] != shown["metadata"]["resourceVersion"]) == (200, True)
        before = len(webhook.asked)
        assert api.send("GET", path("v2", "a"))[1]["spec"] == {"host": "h", "port": "1"}
        assert len(webhook.asked) == before


def test_objects_are_kept_in_a_storage_version_that_is_not_served(tmp_path):
    hidden = [{**V1, "served": False}, V2]
    with defined(tmp_path, converting, *hidden) as (api, webhook):
        assert api.send("POST", path("v2"), widget("v2", "a", host="h", port="1"))[0] == 201
        assert [each["desiredAPIVersion"] for each in webhook.asked] == ["example.com/v1", "example.com/v2"]
        asked = len(webhook.asked)
        assert api.send("DELETE", DEFINITION)[0] == 200
        until(lambda: api.send("GET", DEFINITION)[0] == 404)
        assert len(webhook.asked) == asked


def change(**parts):
    """A webhook that converts, and then says something else in its objects."""

    def respond(request):
        answer = converting(request)
        answer["convertedObjects"] = [
            {**each, **{key: {**each[key], **part} if isinstance(part, dict) else part for key, part in parts.items()}}
            for each in answer["convertedObjects"]
        ]
        return answer

    return respond


FAILED = "conversion webhook for example.com/v1, Kind=Widget"
BAD = {
    "refuses": (
        lambda request: {"result": {"status": "Failed", "message": "no idea"}},
        "failed: no idea",
    ),
    "says nothing": (
        lambda request: {"result": {"status": "Success"}},
        "returned 0 objects, expected 1",
    ),
    "answers something else": (
        lambda request: {"uid": "other"},
        'failed: expected response.uid="',
    ),
    "makes too many": (
        lambda request: {**converting(request), "convertedObjects": [{}, {}]},
        "returned 2 objects, expected 1",
    ),
    "does not convert": (
        change(apiVersion="example.com/v1"),
        "returned invalid converted object at index 0: invalid groupVersion "
        "(expected example.com/v2, received example.com/v1)",
    ),
    "renames": (
        change(metadata={"name": "b"}),
        "returned invalid converted object at index 0: must have the same name: a != b",
    ),
    "labels wrongly": (
        change(metadata={"labels": {"a b": "c"}}),
        "returned invalid metadata in object at index 0: metadata.labels: Invalid value: ",
    ),
    "is garbage": (
        lambda request: {"result": [], "convertedObjects": 7},
        "failed: response.result.status was '', not 'Success'",
    ),
    "does not speak JSON": (lambda request: b"<html>", "failed: the answer is not JSON: "),
    "speaks of something else": (
        lambda request: b'{"kind": "Pod", "apiVersion": "v1"}',
        "failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Pod",
    ),
    "floods": (
        lambda request: {**converting(request), "padding": "x" * (9 << 20)},
        'failed: Post "https://127.0.0.1',
    ),
}


@pytest.fixture(scope="module")
def pliable(tmp_path_factory):
    """A server whose webhook answers as the test says, with one object to convert."""
    answering = [converting]
    folder = tmp_path_factory.mktemp("pliable")
    with defined(folder, lambda request: answering[0](request)) as (api, webhook):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        yield api, webhook, answering


@pytest.mark.parametrize("kind", BAD)
def test_a_webhook_that_does_not_do_its_work_is_told(pliable, kind):
    api, _, answering = pliable
    answering[0], message = BAD[kind]
    code, told = api.send("GET", path("v2", "a"))
    answering[0] = converting
    assert code == 500
    assert "reason" not in told
    assert told["message"].startswith(f"{FAILED} {message}")


def test_a_webhook_that_is_late_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(converting_webhook, "TIMEOUT_S", 1)
    release = threading.Event()

    def respond(request):
        release.wait(30)
        return converting(request)

    with api_in_process.running() as api, webhook_server.listening(tmp_path / "hook", respond) as webhook:
        api.send("POST", DEFINITIONS, definition(webhook))
        until(lambda: api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1")).code in (201, 409))
        reply = api.send("GET", path("v2", "a"))
        assert api.send("GET", path("v1", "a")).code == 200
        release.set()
    address = f"https://127.0.0.1:{webhook.port}/convert?timeout=1s"
    assert (reply.code, reply.json["message"]) == (500, f'{FAILED} failed: Post "{address}": context deadline exceeded')


def test_labels_and_annotations_alone_may_change_in_the_metadata(pliable):
    api, _, answering = pliable
    answering[0] = change(metadata={"labels": {"a": "b"}, "generation": 7, "finalizers": ["example.com/x"]})
    shown = api.send("GET", path("v2", "a"))[1]["metadata"]
    selected = api.send("GET", f"{path('v2')}?labelSelector=a%3Db")[1]["items"]
    answering[0] = converting
    assert (shown["labels"], shown["generation"], "finalizers" in shown) == ({"a": "b"}, 1, False)
    assert len(selected) == 1


def test_nothing_is_written_that_could_not_be_converted(pliable):
    api, _, answering = pliable
    answering[0] = BAD["refuses"][0]
    code, told = api.send("POST", path("v2"), widget("v2", "new", host="h", port="1"))
    answering[0] = converting
    assert (code, told["message"]) == (500, "conversion webhook for example.com/v2, Kind=Widget failed: no idea")
    assert api.send("GET", path("v1", "new"))[0] == 404


def test_the_address_is_named_when_nobody_listens(tmp_path):
    with defined(tmp_path) as (api, _):
        api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))
        gone = {"url": "https://127.0.0.1:1/convert"}
        api.send(
            "PATCH", DEFINITION,
            {"spec": {"conversion": {"webhook": {"clientConfig": gone}}}}, MERGE,
        )  # fmt: skip
        code, told = api.send("GET", path("v2", "a"))
    assert code == 500
    assert told["message"].startswith(f'{FAILED} failed: Post "https://127.0.0.1:1/convert?timeout=30s": ')


def test_admission_webhooks_see_the_version_that_they_ask_for(tmp_path):
    rule = {"apiGroups": ["example.com"], "apiVersions": ["v2"], "resources": ["widgets"], "operations": ["CREATE"]}
    with (
        defined(tmp_path) as (api, _),
        webhook_server.listening(tmp_path / "admission", lambda request: {"allowed": True}) as admission,
    ):
        body = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "test"},
            "webhooks": [
                {
                    "name": "a.test.io", "clientConfig": admission.client(), "rules": [rule],
                    "sideEffects": "None", "admissionReviewVersions": ["v1"],
                }
            ],
        }  # fmt: skip
        configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        assert api.send("POST", configurations, body)[0] == 201
        made = api.send("POST", path("v1"), widget("v1", "a", hostPort="h:1"))[1]
    assert admission.asked[0]["object"]["spec"] == {"host": "h", "port": "1"}
    assert (made["apiVersion"], made["spec"]) == ("example.com/v1", {"hostPort": "h:1"})
