"""A definition from its creation to its end, against a real API server."""

import api_server
import pytest
import widgets
from widgets import DEFINITION, DEFINITIONS, until

WIDGETS, ONE = widgets.path(), widgets.path("one")
SIZED = widgets.struct(spec=widgets.struct(size={"type": "integer", "default": 3}))


@pytest.fixture
def api(tmp_path):
    with api_server.running(tmp_path) as running:
        yield running


def define(api):
    widgets.define(api, widgets.definition(widgets.version(SIZED)))


def status_of(api, method, path, body=None):
    return api.send(method, path, body)[0]


def one(**metadata):
    made = widgets.widget("one")
    return {**made, "metadata": {**made["metadata"], **metadata}}


def test_objects_outlive_a_restart_and_go_with_their_definition(tmp_path):
    with api_server.running(tmp_path) as api:
        define(api)
        assert api.send("POST", WIDGETS, one())[1]["spec"] == {"size": 3}
    with api_server.running(tmp_path) as api:
        assert api.send("GET", ONE)[1]["spec"] == {"size": 3}
        assert status_of(api, "DELETE", DEFINITION) == 200
        until(lambda: status_of(api, "GET", DEFINITION) == 404)


def test_a_definition_waits_for_the_finalizers_of_its_objects_and_takes_no_new_ones(api):
    define(api)
    assert status_of(api, "POST", WIDGETS, one(finalizers=["example.com/held"])) == 201
    api.send("DELETE", DEFINITION)
    until(lambda: "deletionTimestamp" in api.send("GET", ONE)[1]["metadata"])
    assert status_of(api, "POST", WIDGETS, widgets.widget("two")) == 405
    free = {"metadata": {"finalizers": None}}
    assert api.send("PATCH", ONE, free, "application/merge-patch+json")[0] == 200
    until(lambda: status_of(api, "GET", DEFINITION) == 404)


def test_names_become_free_with_the_definition_that_had_them(api):
    define(api)
    other = api.send("GET", DEFINITION)[1]
    other = {key: other[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": "gadgets.example.com"}}
    other["spec"]["names"]["plural"] = "gadgets"
    assert status_of(api, "POST", DEFINITIONS, other) == 201
    api.send("DELETE", DEFINITION)
    until(lambda: widgets.is_established(api, f"{DEFINITIONS}/gadgets.example.com"))
    assert status_of(api, "GET", WIDGETS.replace("widgets", "gadgets")) == 200


def test_each_version_has_its_own_selectable_fields(api):
    text = {"type": "string"}
    schema = widgets.struct(spec=widgets.struct(colour=text, shape=text))
    versions = [
        widgets.version(schema, name, storage=name == "v1", selectableFields=[{"jsonPath": f".spec.{field}"}])
        for name, field in (("v1", "colour"), ("v2", "shape"))
    ]
    widgets.define(api, widgets.definition(*versions))
    for name, colour, shape in (("a", "red", "round"), ("b", "blue", "flat")):
        assert api.send("POST", WIDGETS, widgets.widget(name, colour=colour, shape=shape))[0] == 201

    def selected(version, selector):
        code, told = api.send("GET", f"{widgets.path(version=version)}?fieldSelector={selector}")
        return [each["metadata"]["name"] for each in told["items"]] if code == 200 else (code, told["message"])

    assert selected("v1", "spec.colour%3Dred") == ["a"]
    assert selected("v2", "spec.shape%3Dflat") == ["b"]
    assert selected("v1", "spec.shape%3Dflat") == (400, "field label not supported: spec.shape")
    assert selected("v2", "spec.colour%3Dred") == (400, "field label not supported: spec.colour")


def test_a_patch_makes_no_other_kind_of_a_custom_object(api):
    define(api)
    api.send("POST", WIDGETS, one())
    code, told = api.send("PATCH", ONE, {"kind": "Gadget"}, "application/merge-patch+json")
    assert (code, told["message"].partition(": ")[2]) == (422, 'kind: Invalid value: "Gadget": must be Widget')
