"""Claims about the steps of a rollout."""

import msgspec
import pytest

from pyk3s.controllers.deployment import annotations, rollout, templates
from pyk3s.controllers.deployment.objects import Deployment
from pyk3s.controllers.objects import ReplicaSet


def deployment(
    replicas: int = 10, surge: int | str = "25%", unavailable: int | str = "25%", **spec: object
) -> Deployment:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    described = {
        "metadata": {"name": "web", "uid": "d", "annotations": {"note": "kept"}},
        "spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}, **spec},
    }
    return msgspec.json.decode(msgspec.json.encode(described), type=Deployment)


def replica_set(name: str, replicas: int, available: int | None = None, **annotated: str) -> ReplicaSet:
    available = replicas if available is None else available
    described = {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": f"2026-01-01T00:00:0{name[-1]}Z",
            "annotations": annotated,
        },
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "availableReplicas": available},
    }
    return msgspec.json.decode(msgspec.json.encode(described), type=ReplicaSet)


def sizes(steps: list[rollout.Scale]) -> dict[str, int]:
    return {step.replica_set.metadata.name: step.size for step in steps}


@pytest.mark.parametrize(
    ("surge", "unavailable", "bounds"),
    [("25%", "25%", (3, 2)), (0, 0, (0, 1)), ("1%", "1%", (1, 0)), (2, 20, (2, 10)), ("0%", "5%", (0, 1))],
)
def test_surge_rounds_up_and_unavailable_down(surge: int | str, unavailable: int | str, bounds: tuple) -> None:
    assert rollout.bounds(deployment(10, surge, unavailable)) == bounds


def test_a_new_set_starts_within_the_surge() -> None:
    assert rollout.initial_size(deployment(10), [replica_set("rs1", 10)]) == 3
    assert rollout.initial_size(deployment(10), []) == 10


def test_the_current_set_grows_only_into_free_room() -> None:
    assert rollout.grow_current(deployment(10), replica_set("rs2", 3), [replica_set("rs1", 10)]) is None
    step = rollout.grow_current(deployment(10), replica_set("rs2", 3), [replica_set("rs1", 8)])
    assert step is not None and step.size == 5


def test_a_current_set_that_is_too_large_shrinks() -> None:
    step = rollout.grow_current(deployment(4), replica_set("rs2", 9), [])
    assert step is not None and step.size == 4


def test_unhealthy_old_pods_go_first() -> None:
    others = [replica_set("rs0", 5, available=5), replica_set("rs1", 5, available=1)]
    steps = sizes(rollout.shrink_others(deployment(10), replica_set("rs2", 3, available=0), others))
    assert steps == {"rs1": 3}


def test_old_pods_go_as_far_as_availability_allows() -> None:
    steps = sizes(rollout.shrink_others(deployment(10), replica_set("rs2", 3, available=3), [replica_set("rs1", 10)]))
    assert steps == {"rs1": 5}


def test_nothing_goes_while_new_pods_are_not_available() -> None:
    others = [replica_set("rs1", 8)]
    assert rollout.shrink_others(deployment(10), replica_set("rs2", 5, available=0), others) == []


@pytest.mark.parametrize("surge", [0, 1, 3, "100%"])
@pytest.mark.parametrize("unavailable", [0, 1, 4, "100%"])
def test_a_rollout_ends_and_keeps_its_bounds(surge: int | str, unavailable: int | str) -> None:
    """Play a rollout, pods becoming available one round late, and look at the bounds all along."""
    wanted = deployment(7, surge, unavailable)
    bounds = rollout.bounds(wanted)
    old, new = replica_set("rs1", 7), replica_set("rs2", 0)
    for _ in range(60):
        step = rollout.grow_current(wanted, new, [old])
        for each in [step] if step else rollout.shrink_others(wanted, new, [old]):
            each.replica_set.spec.replicas = each.size
            each.replica_set.status.available_replicas = min(each.size, each.replica_set.status.available_replicas)
        assert old.spec.replicas + new.spec.replicas <= 7 + bounds.surge
        assert old.status.available_replicas + new.status.available_replicas >= 7 - bounds.unavailable
        new.status.available_replicas = new.spec.replicas
    assert (old.spec.replicas, new.spec.replicas) == (0, 7)


def test_a_single_active_set_follows_a_resize() -> None:
    assert sizes(rollout.rescale(deployment(5), replica_set("rs2", 2), [replica_set("rs1", 0)])) == {"rs2": 5}


def test_a_resize_during_a_rollout_is_shared_out_in_proportion() -> None:
    annotated = {"deployment.kubernetes.io/max-replicas": "12"}
    old, new = replica_set("rs1", 8, **annotated), replica_set("rs2", 4, **annotated)
    steps = sizes(rollout.rescale(deployment(20, "20%", "20%"), new, [old]))
    assert steps == {"rs1": 16, "rs2": 8}


def test_a_resize_to_nothing_empties_all() -> None:
    steps = sizes(rollout.rescale(deployment(0), replica_set("rs2", 4), [replica_set("rs1", 8)]))
    assert steps == {"rs1": 0, "rs2": 0}


def test_only_old_empty_sets_beyond_the_limit_are_expendable() -> None:
    others = [replica_set(f"rs{n}", 0, **{"deployment.kubernetes.io/revision": str(n)}) for n in range(1, 5)]
    doomed = rollout.expendable(deployment(1, revisionHistoryLimit=2), others)
    assert [each.metadata.name for each in doomed] == ["rs1", "rs2"]
    assert rollout.expendable(deployment(1), others) == []


def test_going_back_to_an_old_template_makes_its_set_the_newest_revision() -> None:
    revision = "deployment.kubernetes.io/revision"
    current = replica_set("rs1", 0, **{revision: "1"})
    changes = annotations.changes(
        deployment(), current, annotations.next_revision([replica_set("rs2", 3, **{revision: "2"})])
    )
    assert changes == {
        revision: "3",
        "deployment.kubernetes.io/revision-history": "1",
        "note": "kept",
    }


def test_templates_compare_without_their_hash_label() -> None:
    mine = b'{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[]}}'
    described = b'{"creationTimestamp":null,"labels":{"pod-template-hash":"x","app":"web"}}'
    theirs = b'{"metadata":' + described + b',"spec":{"containers":[]}}'
    assert templates.bare(mine) == templates.bare(theirs)
    assert templates.template_hash(templates.bare(mine), 0) == templates.template_hash(templates.bare(theirs), 0)
    assert templates.template_hash(templates.bare(mine), 0) != templates.template_hash(templates.bare(mine), 1)
