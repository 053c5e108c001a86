"""The numbers of custom objects that can be scaled."""

from typing import Any

import pytest

from pyk3s.api.validation.customresources import scales

PATHS = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}


def told(obj: dict[str, Any]) -> list[str]:
    errors: list[Any] = []
    scales.check(obj, PATHS, errors)
    return [f"{error.path}: {error.message}" for error in errors]


@pytest.mark.parametrize(
    ("obj", "why"),
    [
        ({"spec": {"replicas": -1}}, ".spec.replicas: Invalid value: -1: should be a non-negative integer"),
        (
            {"status": {"replicas": 1 << 31}},
            ".status.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647",
        ),
        (
            {"spec": {"replicas": "x"}},
            ".spec.replicas: Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected int64",
        ),
        (
            {"spec": True},
            ".spec.replicas: Invalid value: 0: .spec.replicas accessor error: true is of the type bool, "
            "expected map[string]interface{}",
        ),
        (
            {"status": {"selector": 1}},
            '.status.selector: Invalid value: "": .status.selector accessor error: 1 is of the type int64, '
            "expected string",
        ),
    ],
)
def test_a_number_of_replicas_is_one(obj: dict[str, Any], why: str) -> None:
    assert told(obj) == [why]


def test_what_an_object_does_not_say_is_not_wrong() -> None:
    assert told({}) == []
    assert told({"spec": {"replicas": 3}, "status": {"replicas": 0, "selector": "a=b"}}) == []
