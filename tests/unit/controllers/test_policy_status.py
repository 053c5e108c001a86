"""Claims about the status of validating policies."""

from controller_run import run
from fake_api import FakeApi, until

from pyk3s.controllers import policy_status

POLICY = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/p"


def rule(group, version, *plurals):
    return {"apiGroups": [group], "apiVersions": [version], "resources": list(plurals), "operations": ["*"]}


def spec(*expressions, rules=None):
    return {
        "matchConstraints": {"resourceRules": rules or [rule("apps", "v1", "deployments")]},
        "validations": [{"expression": each} for each in expressions],
    }


def test_types_are_those_of_rules_without_wildcards():
    rules = [
        rule("apps", "v1", "deployments", "deployments/scale", "*"),
        rule("*", "v1", "pods"),
        rule("", "v1", "pods"),
    ]
    assert policy_status.spoken_of(spec(rules=rules)) == [("apps", "v1", "deployments"), ("", "v1", "pods")]


def status_of(spec, **definition):
    """The status that the controller writes for a policy, beside a definition of custom resources."""
    api = FakeApi()
    if definition:
        api.put("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com", {"spec": definition})
    api.put(POLICY, {"metadata": {"name": "p", "uid": "1", "generation": 2}, "spec": spec})

    async def test():
        await until(lambda: "status" in api.objects[POLICY], "the status is written")

    run(api, policy_status.Controller, test)
    return api.objects[POLICY]["status"]


def test_a_policy_without_mistakes_was_looked_at():
    assert status_of(spec("object.spec.replicas > 1")) == {"observedGeneration": 2, "typeChecking": {}}


def test_mistakes_are_told_for_each_kind():
    rules = [rule("apps", "v1", "deployments", "daemonsets")]
    status = status_of(spec("true", "object.spec.replicas > 1", rules=rules))
    [warning] = status["typeChecking"]["expressionWarnings"]
    assert warning["fieldRef"] == "spec.validations[1].expression"
    assert warning["warning"].startswith("apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'\n")
    assert "Deployment" not in warning["warning"]


def test_custom_kinds_are_known_by_their_definition():
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    definition = {
        "group": "example.com",
        "names": {"kind": "Widget"},
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}],
    }
    rules = [rule("example.com", "v1", "widgets", "gadgets")]
    status = status_of(spec("object.spec.size > 1 && object.spec.colour == 'red'", rules=rules), **definition)
    [warning] = status["typeChecking"]["expressionWarnings"]
    assert warning["warning"].startswith("example.com/v1, Kind=Widget: ERROR: <input>:1:36: undefined field 'colour'")


def test_parameters_are_checked_too():
    given = {**spec("params.dat.x == ''"), "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    [warning] = status_of(given)["typeChecking"]["expressionWarnings"]
    assert "undefined field 'dat'" in warning["warning"]
