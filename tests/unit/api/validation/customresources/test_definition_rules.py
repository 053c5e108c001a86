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
        (
            {"type": "object", "x-kubernetes-embedded-resource": True},
            "properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without",
        ),
        (
            {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}},
            "additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
        ),
        ({"type": "array", "items": [{"type": "string"}]}, "items: Forbidden: items must be a schema object and not"),
        ({"$ref": "#/a"}, "$ref: Forbidden: $ref is not supported"),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "default": {"b": 1}},
            'default: Invalid value: {"b":1}: must not have unknown fields',
        ),
        ({"type": "string", "not": {"nullable": True}}, "not.nullable: Forbidden: must be false to be structural"),
        ({"type": "string", "allOf": [{"default": "a"}]}, "allOf[0].default: Forbidden: must be undefined to be"),
        (
            {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "set"},
            "items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with",
        ),
        (
            {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "bag"},
            'x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
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
            {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"},
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
    old = {**definition(), "status": {"conditions": [{"type": "Established", "status": "True"}]}}
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


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}, []),
        (
            {"type": "object", "properties": {"labels": {"type": "object"}}},
            [
                f"{AT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, "
                "but metadata is implicitly specified"
            ],
        ),
        ({"type": "string"}, [f'{AT}.properties[metadata].type: Invalid value: "string": must be object']),
    ],
)
def test_a_schema_may_restrict_names_in_metadata_and_nothing_else(said, metadata: JSON, told: list[str]) -> None:
    assert said(CRDS, definition({"properties": {"metadata": metadata}})) == told


def test_the_root_of_a_schema_is_never_null_nor_a_map(said) -> None:
    assert said(CRDS, definition({"nullable": True, "additionalProperties": {"type": "string"}})) == [
        f"{AT}.nullable: Forbidden: nullable cannot be true at the root",
        f"{AT}.additionalProperties: Forbidden: must not be used at the root",
    ]


def test_a_number_or_text_may_be_spelled_as_alternatives(said) -> None:
    either = [{"type": "integer"}, {"type": "string"}]
    assert said(CRDS, with_field(**{"x-kubernetes-int-or-string": True, "anyOf": either})) == []
    assert said(CRDS, with_field(**{"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": either}]})) == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (".spec.a", []),
        (".spec", ["must point to a field of type string, boolean or integer. Enum string fields and strings with"]),
        (".metadata.name", ["is an invalid path: does not refer to a valid field"]),
        ("spec.a", ["is an invalid path: expected [ or . but got: spec"]),
        (".spec.a[0]", ["is an invalid path: array notation is not allowed"]),
        (".spec.", ["is an invalid path: unexpected end of JSON path"]),
    ],
)
def test_a_selectable_field_leads_to_a_scalar(said, path: str, told: list[str]) -> None:
    crd = definition({"properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}}}}})
    crd["spec"]["versions"][0]["selectableFields"] = [{"jsonPath": path}]
    found = said(CRDS, crd)
    assert len(found) == len(told)
    assert all(f'Invalid value: "{path}": {end}' in line for line, end in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("warning", "told"),
    [
        ("", "must not be an empty string"),
        ("a\nb", "must only contain printable UTF-8 characters; non-printable character found at index 1"),
        ("a" * 257, "must be <= 256 characters long"),
    ],
)
def test_a_deprecation_is_told_in_a_line(said, warning: str, told: str) -> None:
    crd = definition()
    crd["spec"]["versions"][0] |= {"deprecated": True, "deprecationWarning": warning}
    (found,) = said(CRDS, crd)
    assert found.startswith("spec.versions[0].deprecationWarning: Invalid value")
    assert found.endswith(told)


def test_conversion_says_its_strategy_and_versions_it_speaks(said) -> None:
    client = {"url": "https://example.com"}
    spoken = {"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1", "v1"]}}
    at = "spec.conversion"
    assert said(CRDS, definition(conversion=spoken)) == [
        f'{at}.conversionReviewVersions[1]: Invalid value: "v1": duplicate version'
    ]
    assert said(CRDS, definition(conversion={**spoken, "strategy": "None"})) == [
        f"{at}.{name}: Forbidden: should not be set when strategy is not set to Webhook"
        for name in ("webhookClientConfig", "conversionReviewVersions")
    ]
    assert said(CRDS, definition(conversion={})) == [f"{at}.strategy: Required value"]
