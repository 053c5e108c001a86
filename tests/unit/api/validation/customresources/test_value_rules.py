"""Values against schemas of custom resources."""

from typing import Any

import pytest

from pyk3s.api.validation.customresources import formats, values

JSON = dict[str, Any]


def told(value: Any, schema: JSON) -> list[str]:
    return [f"{error.path}: {error.message}" for error in values.validate(value, schema, "spec.f")]


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1.0, {"type": "integer"}),
        (1, {"type": "number"}),
        (None, {"type": "string", "nullable": True}),
        ("a", {"x-kubernetes-int-or-string": True}),
        ({"x": [1]}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        (0.3, {"type": "number", "multipleOf": 0.1}),
        ("b", {"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}),
        ("x", {"type": "string", "format": "unheard-of"}),
    ],
)
def test_a_value_that_fits_is_accepted(value: Any, schema: JSON) -> None:
    assert told(value, schema) == []


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        (None, {"type": "string"}, 'Invalid value: "null": spec.f in body must be of type string: "null"'),
        (True, {"type": "integer"}, 'Invalid value: "boolean": spec.f in body must be of type integer: "boolean"'),
        (1, {"exclusiveMinimum": True, "minimum": 1}, "Invalid value: 1: spec.f in body should be greater than 1"),
        ("a", {"minLength": 2}, 'Invalid value: "a": spec.f in body should be at least 2 chars long'),
        ("a", {"pattern": "^b"}, "Invalid value: \"a\": spec.f in body should match '^b'"),
        ([1, 2], {"maxItems": 1}, "Too many: 2: must have at most 1 items"),
        ([], {"minItems": 1}, "Invalid value: 0: spec.f in body should have at least 1 items"),
        ({"a": 1}, {"maxProperties": 0}, "Too many: 1: must have at most 0 items"),
        (1, {"enum": ["1"]}, 'Unsupported value: 1: supported values: "1"'),
    ],
)
def test_a_value_is_told_what_is_wrong_with_it(value: Any, schema: JSON, message: str) -> None:
    assert told(value, schema) == [f"spec.f: {message}"]


def test_keys_of_a_list_map_count_with_their_defaults() -> None:
    items = {"type": "object", "properties": {"port": {"type": "integer"}, "kind": {"default": "TCP"}}}
    schema = {"items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "kind"]}
    assert told([{"port": 1}, {"port": 1, "kind": "UDP"}], schema) == []
    assert told([{"port": 1}, {"port": 1, "kind": "TCP"}], schema) == [
        'spec.f[1]: Duplicate value: {"port":1,"kind":"TCP"}'
    ]


def test_what_must_not_hold_is_refused_when_it_holds() -> None:
    assert told("a", {"not": {"enum": ["a"]}}) == [
        '<nil>: Invalid value: "": "spec.f" must not validate the schema (not)'
    ]


def test_all_of_repeats_what_is_wrong() -> None:
    found = told(5, {"allOf": [{"maximum": 1}, {"minimum": 1}]})
    assert found[0].startswith("spec.f: Invalid value: 5")
    assert found[1] == '<nil>: Invalid value: "": "spec.f" must validate all the schemas (allOf)'


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-01-02T03:04:05.5Z", "2024-13-02T03:04:05Z"),
        ("date", "2024-01-02", "2024-1-2"),
        ("byte", "YQ==", "YQ="),
        ("uuid", "00000000-1111-2222-3333-444444444444", "0"),
        ("ipv4", "10.0.0.1", "10.0.0"),
        ("ipv6", "fd00::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("email", "a@example.com", "a"),
        ("hostname", "a.example.com", "-a"),
        ("duration", "1h30m", "soon"),
        ("uri", "https://example.com", "x"),
        ("mac", "00:11:22:33:44:55", "00"),
    ],
)
def test_formats_are_checked(name: str, good: str, bad: str) -> None:
    assert formats.fits(name, good)
    assert not formats.fits(name, bad)


def test_patterns_are_those_of_the_api_and_end_in_time() -> None:
    assert told("abc", {"pattern": r"^[[:alpha:]]+\pL\z"}) == []
    assert len(told("a" * 5000 + "!", {"pattern": "^(a+)+$"})) == 1


def test_null_is_a_value_where_the_schema_allows_it() -> None:
    properties = {"a": {"default": 1}, "b": {"default": 2, "nullable": True}}
    assert values.filled({"a": None, "b": None}, {"properties": properties}) == {"a": 1, "b": None}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({}, ["apiVersion: Required value", "kind: Required value"]),
        ({"apiVersion": "a/b/c", "kind": ""}, ["apiVersion: Invalid value", "kind: Invalid value"]),
        ({"apiVersion": "v1", "kind": "Odd_"}, ["kind: Invalid value"]),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a/b"}}, ["metadata.name: Invalid value"]),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b c"}}}, ["metadata.labels: Invalid value"]),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {}}, []),
    ],
)
def test_an_object_inside_another_has_a_type_and_proper_metadata(value: JSON, wrong: list[str]) -> None:
    found = told(value, {"type": "object", "x-kubernetes-embedded-resource": True})
    assert [line.removeprefix("spec.f.") for line in found] == [
        next(line for line in found if line.startswith(f"spec.f.{each}")).removeprefix("spec.f.") for each in wrong
    ]
