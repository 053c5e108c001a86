"""What rules remember of values in which nothing is wrong."""

from typing import Any

from pyk3s.api import fields
from pyk3s.api.validation import checks


def judging() -> tuple[checks.Rule, list[Any]]:
    asked: list[Any] = []

    @checks.remembered
    def rule(value: Any, path: str, errors: checks.Errors) -> None:
        asked.append(value)
        if "wrong" in value:
            errors.append(fields.required(path))

    return rule, asked


def test_a_faultless_value_is_judged_once_wherever_it_is() -> None:
    rule, asked = judging()
    errors: checks.Errors = []
    for value in ({"a": 1}, {"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}):
        rule(value, "spec", errors)
    assert (asked, errors) == ([{"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}], [])


def test_what_is_wrong_is_told_every_time_and_where_it_is() -> None:
    rule, _ = judging()
    errors: checks.Errors = []
    for path in ("here", "there", "there"):
        rule({"wrong": 1}, path, errors)
    assert [each.path for each in errors] == ["here", "there", "there"]


def test_an_error_told_before_does_not_count() -> None:
    rule, asked = judging()
    errors = [fields.required("before")]
    for _ in range(2):
        rule({"a": 1}, "spec", errors)
    assert len(asked) == 1


def test_neither_long_values_nor_too_many_are_remembered() -> None:
    rule, asked = judging()
    for _ in range(2):
        rule({"a": "x" * checks.LONGEST_REMEMBERED}, "spec", [])
    assert len(asked) == 2
    for number in range(checks.MOST_REMEMBERED + 1):
        rule({"a": number}, "spec", [])
    rule({"a": 0}, "spec", [])
    assert asked.count({"a": 0}) == 2
