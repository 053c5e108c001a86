"""Definitions of custom resources and the structure of their schemas."""

import copy
from typing import Any

import pytest

JSON = dict[str, Any]
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
AT = "spec.validation.openAPIV3Schema"


def definition(schema: JSON | None = None, **spec: Any) -> JSON:
    whole = {"type": "object", **(schema or {})}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    named = {"plural": "widgets", "kind": "Widget"}
    body = {"group": "example.com", "scope": "Namespaced", "names": named, "versions": [version], **spec}
    return {"metadata": {"name": "widgets.example.com"}, "spec": body}


def with_field(**field: Any) -> JSON:
    return definition({"properties": {"f": field}})


def test_a_definition_is_accepted(said) -> None:
    assert said(CRDS, with_field(type="string", default="a")) == []


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({}, "type: Required value: must not be empty for specified object fields"),
        ({"type": "array", "items": {}}, "items.type: Required value: must not be empty for specified array items"),
        ({"type": "array"}, "items: Required value: must be specified"),
        ({"type": "widget"}, 'type: Unsupported value: "widget"'),
        ({"type": "string", "x-kubernetes-int-or-string": True}, 'type: Invalid value: "string": must be empty if'),
        (
            {"type": "object", "additionalProperties": False},
            "additionalProperties: Forbidden: additionalProperties cannot",
        ),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "uniqueItems: Forbidden"),
        ({"type": "string", "pattern": "("}, 'pattern: Invalid value: "("'),
        ({"type": "integer", "maximum": 1, "default": 2}, "default: Invalid value: 2:  in body should be less than or"),
        ({"type": "string", "allOf": [{"type": "string"}]}, "allOf[0].type: Forbidden: must be empty to be structural"),
        (
            {"type": "object", "anyOf": [{"properties": {"a": {"minimum": 1}}}]},
            f"properties[a]: Required value: because it is defined in {AT}.properties[f].anyOf[0].properties[a]",
        ),
        (
            {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "map"},
            "x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
        ),
        ({"type": "string", "x-kubernetes-map-type": "atomic"}, 'type: Invalid value: "string": must be object if'),
        ({"type": "string", "x-kubernetes-validations": [{"rule": " "}]}, "x-kubernetes-validations[0].rule: Required"),
    ],
)
def test_a_schema_that_is_not_structural_is_refused(said, field: JSON, told: str) -> None:
    (found,) = said(CRDS, with_field(**field))
    assert found.startswith(f"{AT}.properties[f].{told}")


def test_the_root_of_a_schema_is_an_object(said) -> None:
    assert said(CRDS, definition({"type": "string"})) == [
        f'{AT}.type: Invalid value: "string": must be object at the root'
    ]


def test_what_versions_do_not_share_is_told_at_the_version(said) -> None:
    crd = definition()
    second = {**crd["spec"]["versions"][0], "name": "v2", "storage": False}
    second["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"f": {}}}}
    crd["spec"]["versions"].append(second)
    (found,) = said(CRDS, crd)
    assert found.startswith("spec.versions[1].schema.openAPIV3Schema.properties[f].type: Required value")


def test_a_schema_nested_without_end_is_refused_and_not_followed(said) -> None:
    schema: JSON = {"type": "object"}
    for _ in range(200):
        schema = {"type": "object", "properties": {"a": schema}}
    (found,) = said(CRDS, definition(schema))
    assert found.endswith("schema is nested too deeply")


@pytest.mark.parametrize(
    ("scale", "told"),
    [
        ({"specReplicasPath": "", "statusReplicasPath": ".status.r"}, "specReplicasPath: Required value"),
        (
            {"specReplicasPath": ".spec.r", "statusReplicasPath": ".spec.r"},
            'statusReplicasPath: Invalid value: ".spec.r": should be a json path under .status',
        ),
    ],
)
def test_a_scale_knows_where_its_numbers_are(said, scale: JSON, told: str) -> None:
    crd = definition()
    crd["spec"]["versions"][0]["subresources"] = {"scale": scale}
    assert said(CRDS, crd) == [f"spec.subresources.scale.{told}"]


def test_a_group_has_two_labels(said) -> None:
    crd = definition(group="example")
    crd["metadata"]["name"] = "widgets.example"
    assert said(CRDS, crd) == ['spec.group: Invalid value: "example": should be a domain with at least one dot']


def test_group_and_scope_are_fixed_and_stored_versions_stay(said_of_update) -> None:
    old = definition()
    new = copy.deepcopy(old)
    new["spec"]["scope"] = "Cluster"
    assert said_of_update(CRDS, old, new) == ['spec.scope: Invalid value: "Cluster": field is immutable']
    gone = {**copy.deepcopy(old), "status": {"storedVersions": ["v0", "v1"]}}
    (found,) = said_of_update(CRDS, old, gone)
    assert found.startswith('status.storedVersions[0]: Invalid value: "v0": missing from spec.versions')


def test_a_webhook_conversion_says_where(said) -> None:
    (found,) = said(
        CRDS, definition(conversion={"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1"]}})
    )
    assert found.startswith("spec.conversion.webhookClientConfig: Required value")


def test_a_default_may_rest_on_defaults_inside_it(said) -> None:
    inner = {"size": {"type": "integer", "default": 1}}
    assert said(CRDS, with_field(type="object", default={}, required=["size"], properties=inner)) == []
