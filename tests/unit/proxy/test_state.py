"""What the kernel holds: shared elements, conflicts between Services, and nothing done twice."""

import pytest

from pyk3s.proxy.ruleset import Ruleset
from pyk3s.proxy.state import State

GONE = Ruleset()


def part(name, keys=(), hairpins=()):
    chain = f"service/{name}"
    sets = {"hairpins": frozenset(hairpins)} if hairpins else {}
    return Ruleset({chain: (f"dnat to {name}",)}, {"service-ips": dict.fromkeys(keys, f"goto {chain}")}, sets)


@pytest.fixture
def conflicts():
    return []


@pytest.fixture
def state(conflicts):
    return State("ip t", lambda *told: conflicts.append(told))


def test_a_shared_hairpin_goes_with_its_last_user(state):
    state.transaction({"a": part("a", hairpins=["h"]), "b": part("b", hairpins=["h"])})
    assert "hairpins" not in state.transaction({"a": GONE})
    assert "delete element ip t hairpins { h }" in state.transaction({"b": GONE})


def test_an_unchanged_service_makes_no_transaction(state):
    assert state.transaction({"a": part("a", ["k"])})
    assert state.transaction({"a": part("a", ["k"])}) == ""


def test_the_first_service_keeps_an_address_that_two_want(state, conflicts):
    state.transaction({"a": part("a", ["k"])})
    assert "element" not in state.transaction({"b": part("b", ["k"])})
    assert conflicts == [("b", "k", "a")]


def test_the_other_gets_the_address_once_it_is_free(state):
    state.transaction({"a": part("a", ["k"])})
    state.transaction({"b": part("b", ["k"])})
    script = state.transaction({"a": GONE})
    assert "delete element ip t service-ips { k }" in script
    assert "add element ip t service-ips { k : goto service/b }" in script


def test_a_service_that_stops_waiting_is_forgotten(state):
    state.transaction({"a": part("a", ["k"])})
    state.transaction({"b": part("b", ["k"])})
    state.transaction({"b": part("b")})
    assert "add element" not in state.transaction({"a": GONE})


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_an_address_that_changes_hands_in_one_moment_is_no_conflict(state, conflicts, order):
    state.transaction({"a": part("a", ["k"])})
    changes = {"a": GONE, "b": part("b", ["k"])}
    script = state.transaction({key: changes[key] for key in order})
    assert "add element ip t service-ips { k : goto service/b }" in script
    assert conflicts == []


def test_a_change_names_only_the_services_that_changed(state):
    state.transaction({str(number): part(str(number), [f"k{number}"]) for number in range(100)})
    script = state.transaction({"7": part("7x", ["k7"])})
    assert len(script.splitlines()) == 6
