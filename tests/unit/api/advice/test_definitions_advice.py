"""Rules that are stored but not evaluated are told about, wherever they stand in a schema."""

from pyk3s.api import advice

ADVISE = advice.KINDS[("apiextensions.k8s.io", "customresourcedefinitions")]
RULES = [{"rule": "self > 0"}]


def told(schema):
    return ADVISE({"metadata": {}, "spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}})


def test_a_schema_without_rules_gets_no_advice():
    assert told({"type": "object", "properties": {"a": {"type": "integer"}}}) == []


def test_every_place_of_a_rule_is_named():
    member = {"type": "array", "items": {"type": "integer", "x-kubernetes-validations": RULES}}
    said = told({"type": "object", "x-kubernetes-validations": RULES, "properties": {"a": member}})
    start = "spec.versions[0].schema.openAPIV3Schema"
    end = "x-kubernetes-validations: stored, but not evaluated by this server yet"
    assert said == [f"{start}.{end}", f"{start}.properties[a].items.{end}"]


def test_a_version_without_schema_gets_no_advice():
    assert ADVISE({"metadata": {}, "spec": {"versions": [{"name": "v1"}]}}) == []
