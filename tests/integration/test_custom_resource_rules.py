"""CEL rules of custom resources hold against every way to write, on a real API server."""

import pathlib

import api_server
import pytest
import widgets
from widgets import DEFINITION

WIDGETS, ONE = widgets.path(), widgets.path("one")
RULES = "x-kubernetes-validations"
MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with api_server.running(tmp_path_factory.mktemp("rules")) as running:
        assert "cel_expr_python" not in mapped(running)
        widgets.define(running, definition())
        yield running


@pytest.fixture
def widget(api):
    assert api.send("POST", WIDGETS, body(size=5))[0] == 201
    yield
    api.send("DELETE", ONE)


def mapped(api):
    return pathlib.Path(f"/proc/{api.process.pid}/maps").read_text()


def definition(rule="self >= oldSelf"):
    size = {
        "type": "integer",
        RULES: [{"rule": "self < 10", "message": "too large"}, {"rule": rule, "message": "smaller"}],
    }
    names = {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}
    status = widgets.struct(ready={"type": "integer"})
    whole = {"rule": "!has(self.status) || self.status.ready <= self.spec.size", "message": "more ready than wanted"}
    schema = {**widgets.struct(spec=widgets.struct(size=size, names=names), status=status), RULES: [whole]}
    return widgets.definition(widgets.version(schema, subresources={"status": {}}))


def body(**spec):
    return widgets.widget("one", **spec)


def causes(answer):
    code, status = answer
    assert (code, status["reason"]) == (422, "Invalid")
    return [f"{cause['field']}: {cause['message']}" for cause in status["details"]["causes"]]


def test_the_library_is_loaded_with_the_first_rule(api):
    assert "cel_expr_python" in mapped(api)


def test_a_create_is_held_to_the_rules(api):
    assert causes(api.send("POST", WIDGETS, body(size=11))) == ["spec.size: Invalid value: 11: too large"]


def test_rules_are_not_checked_on_what_the_schema_refuses(api):
    found = causes(api.send("POST", WIDGETS, body(size="11")))
    assert found[0].startswith('spec.size: Invalid value: "string"')
    assert found[1].startswith("<nil>: Invalid value: null: some validation rules were not checked")


def test_an_update_is_held_to_the_rules(api, widget):
    live = api.send("GET", ONE)[1]
    live["spec"]["size"] = 4
    assert causes(api.send("PUT", ONE, live)) == ["spec.size: Invalid value: 4: smaller"]


def test_a_patch_is_held_to_the_rules(api, widget):
    assert causes(api.send("PATCH", ONE, {"spec": {"size": 4}}, MERGE)) == ["spec.size: Invalid value: 4: smaller"]
    assert api.send("PATCH", ONE, {"spec": {"size": 6}}, MERGE)[0] == 200


def test_an_apply_is_held_to_the_rules(api, widget):
    answer = api.send("PATCH", f"{ONE}?fieldManager=test&force=true", body(size=4), APPLY)
    assert causes(answer) == ["spec.size: Invalid value: 4: smaller"]
    answer = api.send("PATCH", f"{WIDGETS}/new?fieldManager=test", widgets.widget("new", size=12), APPLY)
    assert causes(answer) == ["spec.size: Invalid value: 12: too large"]


def test_a_status_is_held_to_the_rules(api, widget):
    assert api.send("PATCH", f"{ONE}/status", {"status": {"ready": 5}}, MERGE)[0] == 200
    answer = api.send("PATCH", f"{ONE}/status", {"status": {"ready": 6}}, MERGE)
    assert causes(answer) == ["<nil>: Invalid value: more ready than wanted"]


def test_a_dry_run_is_held_to_the_rules(api):
    assert causes(api.send("POST", f"{WIDGETS}?dryRun=All", body(size=11))) == [
        "spec.size: Invalid value: 11: too large"
    ]


def test_a_definition_keeps_its_rules_and_takes_no_broken_ones(api):
    live = api.send("GET", DEFINITION)[1]
    assert api.send("PUT", DEFINITION, live)[0] == 200
    live = api.send("GET", DEFINITION)[1]
    broken = {**live, "spec": definition("self.nope > oldSelf")["spec"]}
    broken["spec"]["names"] = live["spec"]["names"]
    assert "does not support field selection" in causes(api.send("PUT", DEFINITION, broken))[0]
