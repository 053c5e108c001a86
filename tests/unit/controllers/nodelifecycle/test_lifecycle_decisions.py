"""Claims about lost nodes, and about node networks."""

import msgspec
import pytest

from pyk3s.controllers.node_addresses import Allocator, Full
from pyk3s.controllers.nodelifecycle import decide
from pyk3s.controllers.objects import Node, Pod, Taint, condition
from pyk3s.lib import timestamps

NOW = 1_700_000_000.0


def node(ready: str | None = "True", taints: list | None = None, **spec: object) -> Node:
    conditions = [] if ready is None else [{"type": "Ready", "status": ready}]
    return msgspec.convert(
        {"metadata": {"name": "n"}, "spec": {"taints": taints or [], **spec}, "status": {"conditions": conditions}},
        Node,
    )


def keys(taints: list[Taint]) -> set[tuple[str, str]]:
    return {(each.key.rpartition("/")[2], each.effect) for each in taints}


def test_what_a_silent_node_said_is_unknown_now() -> None:
    made = decide.silent_conditions(node(), NOW)
    ready, disk = condition(made, "Ready"), condition(made, "DiskPressure")
    assert ready is not None and disk is not None
    assert (ready.status, ready.reason) == ("Unknown", "NodeStatusUnknown")
    assert (disk.status, disk.reason) == ("Unknown", "NodeStatusNeverUpdated")


def test_taints_follow_conditions() -> None:
    assert keys(decide.taints(node("Unknown"), evict=True, now=NOW)) == {
        ("unreachable", "NoSchedule"),
        ("unreachable", "NoExecute"),
    }
    assert keys(decide.taints(node("False"), evict=False, now=NOW)) == {("not-ready", "NoSchedule")}
    assert keys(decide.taints(node(unschedulable=True), evict=True, now=NOW)) == {("unschedulable", "NoSchedule")}


def test_taints_of_others_stay_and_own_ones_go() -> None:
    present = [
        {"key": "mine", "effect": "NoExecute"},
        {"key": decide.NOT_READY, "effect": "NoExecute"},
        {"key": decide.NOT_READY, "effect": "NoSchedule"},
    ]
    assert keys(decide.taints(node(taints=present), evict=True, now=NOW)) == {("mine", "NoExecute")}


def test_a_taint_that_stays_keeps_its_time() -> None:
    first = decide.taints(node("Unknown"), evict=True, now=NOW)
    again = node("Unknown")
    again.spec.taints = first
    assert decide.taints(again, evict=True, now=NOW + 99) == first


@pytest.mark.parametrize(
    ("tolerations", "due"),
    [
        ([], 0),
        ([{"operator": "Exists"}], None),
        ([{"key": decide.NOT_READY, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}], 290),
        ([{"key": "other", "operator": "Exists"}], 0),
        ([{"key": decide.NOT_READY, "operator": "Exists", "effect": "NoSchedule"}], 0),
    ],
)
def test_when_a_pod_must_leave(tolerations: list, due: float | None) -> None:
    taint = Taint(key=decide.NOT_READY, effect="NoExecute", time_added=timestamps.rfc3339(NOW - 10))
    pod = msgspec.convert({"metadata": {}, "spec": {"tolerations": tolerations}}, Pod)
    assert decide.evict_in(pod, [taint], NOW) == due


def test_networks_are_given_out_lowest_first_and_given_back() -> None:
    allocator = Allocator("10.42.0.0/16", 24)
    allocator.occupy("10.42.0.0/24")
    assert [allocator.take(), allocator.take()] == ["10.42.1.0/24", "10.42.2.0/24"]
    allocator.release("10.42.1.0/24")
    assert allocator.take() == "10.42.1.0/24"


def test_a_larger_part_occupies_all_that_it_covers() -> None:
    allocator = Allocator("10.42.0.0/22", 24)
    allocator.occupy("10.42.0.0/23")
    allocator.occupy("192.168.0.0/24")
    assert [allocator.take(), allocator.take()] == ["10.42.2.0/24", "10.42.3.0/24"]
    with pytest.raises(Full):
        allocator.take()


def test_version_six_networks_are_cut_at_sixty_four() -> None:
    assert Allocator("fd00:42::/56", 24).take() == "fd00:42::/64"
