"""What storing does to empty lists."""

from typing import Any

from pyk3s.api.schema import storing

ROLE = "io.k8s.api.rbac.v1.Role"


def test_an_empty_list_that_is_always_printed_becomes_null() -> None:
    role: dict[str, Any] = {"metadata": {}, "rules": []}
    storing.forget_empty(ROLE, role)
    assert role["rules"] is None


def test_lists_that_hold_something_and_kinds_of_others_stay() -> None:
    role = {"rules": [{"verbs": ["get"]}]}
    storing.forget_empty(ROLE, role)
    assert role == {"rules": [{"verbs": ["get"]}]}
    custom: dict[str, Any] = {"rules": []}
    storing.forget_empty("com.example.v1.Gadget", custom)
    assert custom == {"rules": []}


def test_lists_below_the_spec_count_too() -> None:
    limits: dict[str, Any] = {"spec": {"limits": []}}
    storing.forget_empty("io.k8s.api.core.v1.LimitRange", limits)
    assert limits == {"spec": {"limits": None}}
    storing.forget_empty("io.k8s.api.core.v1.LimitRange", {"metadata": {}})
