"""A definition from its creation to its end, against a real API server."""

import time

import api_server
import pytest

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
TRIES = 100


@pytest.fixture
def api(tmp_path):
    with api_server.running(tmp_path) as running:
        yield running


def define(api):
    spec = {"type": "object", "properties": {"size": {"type": "integer", "default": 3}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [version],
        },
    }
    assert api.send("POST", DEFINITIONS, body)[0] == 201
    until(lambda: is_established(api, "widgets"))


def is_established(api, plural):
    conditions = api.send("GET", f"{DEFINITIONS}/{plural}.example.com")[1]["status"]["conditions"] or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def status_of(api, method, path, body=None):
    return api.send(method, path, body)[0]


def until(holds):
    for _ in range(TRIES):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")


def widget(**metadata):
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one", **metadata}, "spec": {}}


def test_objects_outlive_a_restart_and_go_with_their_definition(tmp_path):
    with api_server.running(tmp_path) as api:
        define(api)
        assert api.send("POST", WIDGETS, widget())[1]["spec"] == {"size": 3}
    with api_server.running(tmp_path) as api:
        assert api.send("GET", f"{WIDGETS}/one")[1]["spec"] == {"size": 3}
        assert status_of(api, "DELETE", f"{DEFINITIONS}/widgets.example.com") == 200
        until(lambda: status_of(api, "GET", f"{DEFINITIONS}/widgets.example.com") == 404)


def test_a_definition_waits_for_the_finalizers_of_its_objects_and_takes_no_new_ones(api):
    define(api)
    assert status_of(api, "POST", WIDGETS, widget(finalizers=["example.com/held"])) == 201
    api.send("DELETE", f"{DEFINITIONS}/widgets.example.com")
    until(lambda: "deletionTimestamp" in api.send("GET", f"{WIDGETS}/one")[1]["metadata"])
    assert status_of(api, "POST", WIDGETS, {**widget(), "metadata": {"name": "two"}}) == 405
    free = {"metadata": {"finalizers": None}}
    assert api.send("PATCH", f"{WIDGETS}/one", free, "application/merge-patch+json")[0] == 200
    until(lambda: status_of(api, "GET", f"{DEFINITIONS}/widgets.example.com") == 404)


def test_names_become_free_with_the_definition_that_had_them(api):
    define(api)
    other = api.send("GET", f"{DEFINITIONS}/widgets.example.com")[1]
    other = {key: other[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "gadgets.example.com"}}
    other["spec"]["names"]["plural"] = "gadgets"
    assert status_of(api, "POST", DEFINITIONS, other) == 201
    api.send("DELETE", f"{DEFINITIONS}/widgets.example.com")
    until(lambda: is_established(api, "gadgets"))
    assert status_of(api, "GET", WIDGETS.replace("widgets", "gadgets")) == 200


def test_each_version_has_its_own_selectable_fields(api):
    texts = {"type": "object", "properties": {name: {"type": "string"} for name in ("colour", "shape")}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": texts}}}
    versions = [
        {"name": name, "served": True, "storage": name == "v1", "schema": schema,
         "selectableFields": [{"jsonPath": f".spec.{field}"}]}
        for name, field in (("v1", "colour"), ("v2", "shape"))
    ]  # fmt: skip
    names = {"plural": "widgets", "kind": "Widget"}
    api.send("POST", DEFINITIONS, {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions},
    })  # fmt: skip
    until(lambda: is_established(api, "widgets"))
    for name, colour, shape in (("a", "red", "round"), ("b", "blue", "flat")):
        assert api.send("POST", WIDGETS, {**widget(name=name), "spec": {"colour": colour, "shape": shape}})[0] == 201

    def selected(version, selector):
        path = f"/apis/example.com/{version}/namespaces/default/widgets?fieldSelector={selector}"
        code, told = api.send("GET", path)
        return [each["metadata"]["name"] for each in told["items"]] if code == 200 else (code, told["message"])

    assert selected("v1", "spec.colour%3Dred") == ["a"]
    assert selected("v2", "spec.shape%3Dflat") == ["b"]
    assert selected("v1", "spec.shape%3Dflat") == (400, "field label not supported: spec.shape")
    assert selected("v2", "spec.colour%3Dred") == (400, "field label not supported: spec.colour")


def test_a_patch_makes_no_other_kind_of_a_custom_object(api):
    define(api)
    api.send("POST", WIDGETS, widget())
    code, told = api.send("PATCH", f"{WIDGETS}/one", {"kind": "Gadget"}, "application/merge-patch+json")
    assert (code, told["message"].partition(": ")[2]) == (422, 'kind: Invalid value: "Gadget": must be Widget')
