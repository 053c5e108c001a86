"""CEL rules in definitions: refused where they say nothing, do not compile, or may cost too much."""

from typing import Any

import pytest

from pyk3s.api.fields import FieldError
from pyk3s.api.validation.customresources import schemas

JSON = dict[str, Any]
INTEGER = {"type": "integer"}


def errors(spec: JSON, *, accepted: bool = False) -> list[FieldError]:
    found: list[FieldError] = []
    schemas.root({"type": "object", "properties": {"spec": spec}}, "schema", found, rules_accepted=accepted)
    return found


def told(rule: JSON, of: JSON = INTEGER) -> list[str]:
    at = "schema.properties[spec].x-kubernetes-validations[0]"
    found = errors({**of, "x-kubernetes-validations": [rule]})
    return [f"{error.path.removeprefix(at)}: {error.message}" for error in found]


def test_a_good_rule_is_let_in() -> None:
    rule = {"rule": "self < 5", "message": "no", "reason": "FieldValueForbidden"}
    assert told(rule) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": " "}, ".rule: Required value: rule is not specified"),
        ({"rule": "self > 0", "message": " "}, '.message: Invalid value: " ": message must be non-empty if specified'),
        (
            {"rule": "self > 0", "message": "a\nb"},
            '.message: Invalid value: "a\\nb": message must not contain line breaks',
        ),
        (
            {"rule": "self >\n0"},
            ".message: Required value: message must be specified if rule contains line breaks",
        ),
        (
            {"rule": "self > 0", "messageExpression": " "},
            ".messageExpression: Required value: messageExpression must be non-empty if specified",
        ),
        (
            {"rule": "self > 0", "reason": "Other"},
            '.reason: Unsupported value: "Other": supported values: "FieldValueDuplicate", "FieldValueForbidden", '
            '"FieldValueInvalid", "FieldValueRequired"',
        ),
        (
            {"rule": "self > 0", "fieldPath": ".nope"},
            '.fieldPath: Invalid value: ".nope": fieldPath must be a valid path',
        ),
        (
            {"rule": "self > 0", "optionalOldSelf": True},
            ".optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule",
        ),
    ],
)
def test_a_rule_must_make_sense(rule: JSON, expected: str) -> None:
    assert told(rule) == [expected]


def shown(rule: str) -> str:
    return (
        f'Invalid value: {{"Rule":"{rule}","Message":"","MessageExpression":"","Reason":null,"FieldPath":"",'
        '"OptionalOldSelf":null}: '
    )


@pytest.mark.parametrize(
    ("rule", "detail"),
    [
        ("self", "cel expression must evaluate to a bool"),
        (
            "nope",
            "compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^",
        ),
        (
            "self.a == 1",
            "compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection\n"
            " | self.a == 1\n | ....^",
        ),
        (
            "self + 'a' == ''",
            "compilation failed: ERROR: <input>:1:6: found no matching overload for '_+_' applied to '(int, string)'\n"
            " | self + 'a' == ''\n | .....^",
        ),
    ],
)
def test_a_rule_that_does_not_compile_is_refused_with_the_place(rule: str, detail: str) -> None:
    assert told({"rule": rule}) == [f".rule: {shown(rule)}{detail}"]


def test_a_field_that_the_schema_does_not_have_is_undefined() -> None:
    assert "undefined field 'b'" in told({"rule": "self.b == 1"}, {"type": "object", "properties": {"a": INTEGER}})[0]


def test_a_message_expression_must_be_a_text() -> None:
    assert told({"rule": "self > 0", "messageExpression": "self"})[0].endswith(
        "messageExpression must evaluate to a string"
    )
    assert "messageExpression compilation failed: ERROR" in told({"rule": "self > 0", "messageExpression": "x"})[0]


def test_paths_of_fields_may_go_through_maps_and_brackets() -> None:
    inner = {"type": "object", "additionalProperties": INTEGER}
    of = {"type": "object", "properties": {"a.b": INTEGER, "m": inner}}
    for path in (".m", "['a.b']", ".m['any']", ".m.any"):
        assert told({"rule": "has(self.m)", "fieldPath": path}, of) == []


ADVICE = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are "
    "declared)"
)


def test_a_rule_that_may_cost_too_much_is_refused() -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    at = "schema.properties[spec].x-kubernetes-validations[0].rule"
    found = errors({**texts, "x-kubernetes-validations": [{"rule": "self.all(x, x.contains('gpu'))"}]})
    assert {(error.path, error.message) for error in found} == {
        (at, f"Forbidden: estimated rule cost exceeds budget by factor of more than 100x {ADVICE}"),
        (at, "Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"),
        (
            "schema",
            "Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget "
            f"by factor of more than 100x {ADVICE}",
        ),
    }


@pytest.mark.parametrize(("items", "refused"), [(94_339, False), (94_341, True)])
def test_bounds_decide_whether_a_rule_is_let_in(items: int, refused: bool) -> None:
    texts = {"type": "array", "maxItems": items, "items": {"type": "string", "maxLength": 253}}
    assert bool(told({"rule": "self.all(x, x.contains('gpu'))"}, texts)) == refused


def test_a_rule_inside_a_list_costs_as_often_as_there_can_be_items() -> None:
    ruled = {"type": "string", "maxLength": 1000, "x-kubernetes-validations": [{"rule": "self.contains('a')"}]}
    assert errors({"type": "array", "maxItems": 20_000, "items": ruled}) == []
    assert "factor of 2.0x" in errors({"type": "array", "maxItems": 50_000, "items": ruled})[0].message
    assert errors({"type": "array", "items": ruled}) != []


def test_rules_that_were_let_in_before_are_not_judged_again() -> None:
    assert errors({**INTEGER, "x-kubernetes-validations": [{"rule": "nope"}]}, accepted=True) == []


def test_old_values_cannot_be_had_inside_lists_without_keys() -> None:
    ruled = {**INTEGER, "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}
    found = errors({"type": "array", "maxItems": 5, "items": ruled})
    assert [error.message.partition(": ")[2] for error in found] == [
        '"self >= oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within '
        "schema.properties[spec]"
    ]


def test_expressions_without_end_are_not_compiled() -> None:
    rule = {"rule": "self > 1 || " * 2000 + "self > 0"}
    ruled = {**INTEGER, "x-kubernetes-validations": [rule] * 6}
    assert [error.message for error in errors(ruled)] == [
        "Forbidden: the rules of a schema may have 131072 characters together, these have 144048"
    ]
    assert "expression code point size exceeds limit" in told({"rule": "self > 1 || " * 3000 + "self > 0"})[0]


def test_a_default_must_keep_the_rules() -> None:
    ruled = {**INTEGER, "default": 9, "x-kubernetes-validations": [{"rule": "self < 5", "message": "too many"}]}
    found = errors({"type": "object", "default": {}, "properties": {"size": ruled}})
    assert {(error.path, error.message) for error in found} == {
        ("schema.properties[spec].default.size", "Invalid value: 9: too many"),
        ("schema.properties[spec].properties[size].default", "Invalid value: 9: too many"),
    }


def test_other_errors_come_first() -> None:
    listed = {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "odd"}
    found = errors({**listed, "x-kubernetes-validations": [{"rule": "nope"}]})
    assert [error.path for error in found] == ["schema.properties[spec].x-kubernetes-list-type"]
