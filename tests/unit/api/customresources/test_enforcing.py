"""Rules of custom resources, run on objects."""

from typing import Any

import pytest

from pyk3s.api.customresources.enforcing import Rules

JSON = dict[str, Any]
RULES = "x-kubernetes-validations"
INTEGER = {"type": "integer"}
TEXT = {"type": "string"}


def schema(spec: JSON) -> JSON:
    return {"type": "object", "properties": {"spec": spec}}


def ruled(rule: str, of: JSON, **more: Any) -> JSON:
    return {**of, RULES: [{"rule": rule, **more}]}


def fields(**properties: JSON) -> JSON:
    return {"type": "object", "properties": properties}


def told(spec: JSON, new: Any, old: Any = None) -> list[str]:
    before = None if old is None else {"spec": old}
    return [f"{error.path}: {error.message}" for error in Rules(schema(spec)).validate({"spec": new}, before)]


def test_a_broken_rule_is_told_with_its_message() -> None:
    assert told(ruled("self < 3", INTEGER, message="too many"), 5) == ["spec: Invalid value: 5: too many"]
    assert told(ruled("self < 3", INTEGER), 5) == ["spec: Invalid value: 5: failed rule: self < 3"]
    assert told(ruled("self < 3", INTEGER), 2) == []


def test_structures_are_not_repeated_in_messages() -> None:
    assert told(ruled("self.a < 3", fields(a=INTEGER), message="no"), {"a": 5}) == ["spec: Invalid value: no"]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("FieldValueInvalid", "Invalid value: 5: no"),
        ("FieldValueForbidden", "Forbidden: no"),
        ("FieldValueRequired", "Required value: no"),
        ("FieldValueDuplicate", "Duplicate value: 5"),
    ],
)
def test_the_reason_decides_the_kind_of_error(reason: str, message: str) -> None:
    assert told(ruled("self < 3", INTEGER, message="no", reason=reason), 5) == [f"spec: {message}"]


def test_an_error_can_name_a_field_below() -> None:
    rule = ruled("has(self.a)", fields(a=TEXT), message="give one", reason="FieldValueRequired", fieldPath=".a")
    assert told(rule, {}) == ["spec.a: Required value: give one"]


def test_a_message_can_be_computed_and_falls_back() -> None:
    rule = ruled("self < 3", INTEGER, message="no", messageExpression="string(self) + ' is too many'")
    assert told(rule, 5) == ["spec: Invalid value: 5: 5 is too many"]
    failing = ruled("self < 3", INTEGER, message="no", messageExpression="string(1 / (self - 5))")
    assert told(failing, 5) == ["spec: Invalid value: 5: no"]


def test_names_that_need_escaping_can_be_read() -> None:
    spec = fields(**{"a.b": INTEGER, "namespace": TEXT, "c-d": INTEGER})
    rule = ruled("self.a__dot__b < 3 && self.__namespace__ == 'x' && !has(self.c__dash__d)", spec)
    assert told(rule, {"a.b": 1, "namespace": "x"}) == []
    assert len(told(rule, {"a.b": 1, "namespace": "x", "c-d": 1})) == 1


def test_the_whole_object_knows_its_name() -> None:
    rules = Rules(ruled("self.metadata.name.startsWith('w')", fields(), message="no"))
    assert rules.validate({"metadata": {"name": "w1"}}, None) == []
    assert rules.validate({"metadata": {"name": "x1"}}, None)[0].path == "<nil>"


def test_an_embedded_object_knows_its_kind_and_name() -> None:
    embedded = {**fields(), "x-kubernetes-embedded-resource": True}
    rule = ruled("self.kind == 'Pod' && self.metadata.name != ''", embedded)
    assert told(rule, {"kind": "Pod", "metadata": {"name": "a"}}) == []


def test_rules_of_items_and_values_name_their_place() -> None:
    spec = fields(
        l={"type": "array", "items": ruled("self > 0", INTEGER, message="no")},
        m={"type": "object", "additionalProperties": ruled("self > 0", INTEGER, message="no")},
    )
    assert told(spec, {"l": [1, 0], "m": {"a": 0}}) == [
        "spec.l[1]: Invalid value: 0: no",
        "spec.m[a]: Invalid value: 0: no",
    ]


def test_absent_and_null_values_are_not_checked() -> None:
    assert told(fields(a=ruled("self > 0", {**INTEGER, "nullable": True})), {"a": None}) == []


def test_a_transition_rule_waits_for_an_update() -> None:
    spec = fields(a=ruled("self >= oldSelf", INTEGER, message="may not shrink"))
    assert told(spec, {"a": 1}) == []
    assert told(spec, {"a": 1}, {}) == []
    assert told(spec, {"a": 2}, {"a": 1}) == []
    assert told(spec, {"a": 1}, {"a": 2}) == ["spec.a: Invalid value: 1: may not shrink"]


def test_an_optional_old_value_lets_a_transition_rule_run_always() -> None:
    rule = ruled("oldSelf.hasValue() || self == 0", INTEGER, message="start with 0", optionalOldSelf=True)
    spec = fields(a=rule)
    assert told(spec, {"a": 1}) == ["spec.a: Invalid value: 1: start with 0"]
    assert told(spec, {"a": 0}) == []
    assert told(spec, {"a": 5}, {"a": 1}) == []


def test_items_of_list_maps_are_compared_by_their_keys() -> None:
    item = fields(name=TEXT, size=ruled("self >= oldSelf", INTEGER, message="no"))
    kind = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    old = [{"name": "a", "size": 1}, {"name": "b", "size": 5}]
    assert told(kind, [{"name": "b", "size": 4}, {"name": "a", "size": 2}], old) == [
        "spec[0].size: Invalid value: 4: no"
    ]


def test_what_an_update_leaves_alone_is_not_held_against_it() -> None:
    spec = fields(a=ruled("self < 3", INTEGER, message="no"), b=INTEGER)
    assert told(spec, {"a": 5, "b": 2}, {"a": 5, "b": 1}) == []
    assert told(spec, {"a": 6, "b": 1}, {"a": 5, "b": 1}) == ["spec.a: Invalid value: 6: no"]


def test_lists_that_are_sets_do_not_count_the_order() -> None:
    kind = {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}
    assert told(ruled("self == oldSelf", kind), ["b", "a"], ["a", "b"]) == []
    assert told(ruled("(self + oldSelf).size() == 3", kind), ["a", "b"], ["b", "c"]) == []
    assert len(told(ruled("self == oldSelf", kind), ["b", "c"], ["a", "b"])) == 1


def test_lists_that_are_maps_are_joined_by_their_keys() -> None:
    item = fields(k=TEXT, v=INTEGER)
    kind = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    new, old = [{"k": "a", "v": 1}, {"k": "b", "v": 2}], [{"k": "b", "v": 3}]
    assert told(ruled("(self + oldSelf).map(x, x.v) == [1, 3]", kind), new, old) == []
    assert told(ruled("self != oldSelf", kind), new, old) == []


def test_values_that_are_numbers_or_texts_are_distinguished_by_type() -> None:
    rule = ruled("type(self) == int ? self < 3 : self.matches('^[0-9]+%$')", {"x-kubernetes-int-or-string": True})
    assert [len(told(rule, value)) for value in (2, 5, "50%", "x")] == [0, 1, 0, 1]


def test_texts_with_a_format_are_times_durations_and_bytes() -> None:
    spec = fields(
        t={"type": "string", "format": "date-time"},
        d={"type": "string", "format": "duration"},
        day={"type": "string", "format": "date"},
        b={"type": "string", "format": "byte"},
    )
    rule = ruled("self.t < self.t + self.d && self.day < self.t && self.b == b'abc'", spec)
    assert told(rule, {"t": "2026-01-02T00:00:00Z", "d": "1h", "day": "2026-01-01", "b": "YWJj"}) == []


def test_lists_within_lists_and_maps_can_be_gone_through() -> None:
    rows = {"type": "array", "items": {"type": "array", "items": INTEGER}}
    spec = fields(
        l=rows,
        m={"type": "object", "additionalProperties": rows},
        free={"type": "object", "additionalProperties": True},
    )
    rule = ruled("self.l.all(x, x.all(y, y < 5)) && self.m.all(k, self.m[k][0].size() == 1) && has(self.free)", spec)
    assert told(rule, {"l": [[1, 2]], "m": {"a": [[1]]}, "free": {}}) == []
    assert len(told(rule, {"l": [[1, 7]], "m": {}, "free": {}})) == 1


def test_fields_whose_type_shows_at_run_time_can_be_read() -> None:
    spec = fields(port={"x-kubernetes-int-or-string": True})
    rule = ruled("type(self.port) == int ? self.port < 5 : self.port.size() > 1", spec)
    assert [len(told(rule, {"port": value})) for value in (4, 5, "ab", "a")] == [0, 1, 0, 1]


def test_a_whole_number_is_a_number() -> None:
    assert told(ruled("self + 0.5 < 2.0", {"type": "number"}), 1) == []


def test_a_rule_without_a_value_is_an_error() -> None:
    assert told(ruled("self.a.b > 1", fields(a=fields(b=INTEGER))), {"a": {}}) == [
        "spec: Invalid value: no such key: b evaluating rule: self.a.b > 1"
    ]
    assert (
        "'no such overload': call arguments did not match"
        in told(ruled("self < 3", {"x-kubernetes-int-or-string": True}), "x")[0]
    )


def test_a_rule_that_costs_too_much_ends_the_checking() -> None:
    rule = ruled("self.all(x, self.all(y, x != y || true))", {"type": "array", "items": TEXT})
    found = told(rule, ["x" * 100] * 3000)
    assert found == [
        "spec: Invalid value: 'operation cancelled: actual cost limit exceeded': no further validation rules will be "
        "run due to call cost exceeds limit for rule: self.all(x, self.all(y, x != y || true))"
    ]


def test_all_rules_of_an_object_share_a_budget() -> None:
    spec = {"type": "array", "items": ruled("self.matches('a*b') || true", TEXT)}
    found = told(spec, ["x" * 200_000] * 600)
    assert found[-1].endswith(
        "validation failed due to running out of cost budget, no further validation rules will be run"
    )
    assert len(found) == 1
