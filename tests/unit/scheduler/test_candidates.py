"""Claims about choosing the best node, and about the queue."""

import random

import msgspec

from pyk3s.scheduler.candidates import Candidates
from pyk3s.scheduler.cluster import Cluster
from pyk3s.scheduler.demand import Shape, Shapes
from pyk3s.scheduler.filters import fits, static_reason
from pyk3s.scheduler.objects import Node, Pod
from pyk3s.scheduler.queue import PodQueue, Waiting

SHAPES = Shapes()


def shape(cpu: str = "1", **spec: object) -> Shape:
    spec["containers"] = [{"resources": {"requests": {"cpu": cpu}}}]
    return SHAPES.of(msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, Pod))


def node(name: str, cpu: str = "4", labels: dict | None = None, taints: list | None = None) -> Node:
    return msgspec.convert(
        {
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {"taints": taints},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}},
        },
        Node,
    )


def cluster(*nodes: Node) -> Cluster:
    made = Cluster()
    for each in nodes:
        made.set_node(each)
    return made


def test_pods_spread_over_equal_nodes_until_all_are_full() -> None:
    state = cluster(*(node(f"n{number}") for number in range(3)))
    wanted = shape()
    candidates = Candidates(wanted, state)
    chosen = []
    for number in range(12):
        best = candidates.best()
        assert best is not None
        state.place(f"p{number}", best, wanted)
        chosen.append(best)
    assert sorted(chosen[:3]) == ["n0", "n1", "n2"]
    assert candidates.best() is None
    assert candidates.refusal() == "0/3 nodes are available: 3 Insufficient cpu."


def test_freed_room_is_found_again() -> None:
    state = cluster(node("n0", "1"))
    wanted = shape()
    candidates = Candidates(wanted, state)
    state.place("p", "n0", wanted)
    assert candidates.best() is None
    state.displace("p")
    assert candidates.best() == "n0"


def test_a_preferred_label_outweighs_free_room() -> None:
    state = cluster(node("empty", "64"), node("liked", "4", {"disk": "ssd"}))
    term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    affinity = {
        "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 10, "preference": term}]}
    }
    assert Candidates(shape(affinity=affinity), state).best() == "liked"


def test_a_node_that_would_rather_not_is_taken_last() -> None:
    state = cluster(node("shy", "64", taints=[{"key": "k", "effect": "PreferNoSchedule"}]), node("open", "1"))
    candidates = Candidates(shape(), state)
    assert candidates.best() == "open"
    state.place("p", "open", shape())
    assert candidates.best() == "shy"


def test_catching_up_agrees_with_looking_at_everything() -> None:
    """Whatever changes, a node chosen from the kept candidates is one that fits, and one is found whenever any fits."""
    chance = random.Random(7)
    state = cluster(*(node(f"n{number}") for number in range(8)))
    shapes = [shape("1"), shape("3"), shape("1", nodeSelector={"a": "b"})]
    kept = {each: Candidates(each, state) for each in shapes}
    placed: list[str] = []
    for step in range(600):
        action = chance.random()
        if action < 0.5:
            wanted = chance.choice(shapes)
            best = kept[wanted].best()
            fitting = [each.name for each in state.nodes() if fits(wanted, each) and not static_reason(wanted, each)]
            assert (best in fitting) if fitting else best is None
            if best:
                state.place(f"p{step}", best, wanted)
                placed.append(f"p{step}")
        elif action < 0.8 and placed:
            state.displace(placed.pop(chance.randrange(len(placed))))
        elif action < 0.9:
            labels = {"a": "b"} if chance.random() < 0.5 else {}
            state.set_node(node(f"n{chance.randrange(8)}", chance.choice(["2", "4"]), labels))
        else:
            state.remove_node(f"n{chance.randrange(8)}")


def waiting(key: str, priority: int = 0, wanted: Shape | None = None) -> Waiting:
    return Waiting(key, f"uid-{key}", priority, wanted or shape(), "")


def test_priority_goes_before_arrival() -> None:
    queue = PodQueue()
    for pod in (waiting("first"), waiting("urgent", 100), waiting("second")):
        queue.add(pod)
    assert [pod.key for pod in iter(queue.take, None)] == ["urgent", "first", "second"]


def test_a_group_is_retried_only_when_its_shape_is_hopeful() -> None:
    queue = PodQueue()
    small, large = shape("1"), shape("100")
    queue.put_aside(waiting("small", wanted=small))
    queue.put_aside(waiting("large", wanted=large))
    queue.retry(lambda each: each is small)
    assert [pod.key for pod in iter(queue.take, None)] == ["small"]


def test_a_status_change_does_not_retry_a_hopeless_pod_but_a_new_demand_does() -> None:
    queue = PodQueue()
    queue.put_aside(waiting("p", wanted=shape("100")))
    queue.update(waiting("p", wanted=shape("100")))
    assert len(queue) == 0
    queue.update(waiting("p", wanted=shape("1")))
    assert len(queue) == 1
