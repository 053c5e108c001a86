"""Claims about where a pod may run."""

import msgspec
import pytest

from pyk3s.scheduler import filters
from pyk3s.scheduler.cluster import Cluster, NodeState
from pyk3s.scheduler.demand import Shape, Shapes
from pyk3s.scheduler.objects import Node, Pod


def shape(**spec: object) -> Shape:
    spec.setdefault("containers", [{}])
    return Shapes().of(msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, Pod))


def node(labels: dict | None = None, taints: list | None = None, cpu: str = "4", **spec: object) -> NodeState:
    cluster = Cluster()
    described = {
        "metadata": {"name": "n1", "labels": labels or {}},
        "spec": {"taints": taints, **spec},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "3"}},
    }
    cluster.set_node(msgspec.convert(described, Node))
    found = cluster.node("n1")
    assert found is not None
    return found


def affinity(*terms: dict) -> dict:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def expression(key: str, operator: str, *values: str) -> dict:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("labels", "term", "matches"),
    [
        ({"zone": "a"}, expression("zone", "In", "a", "b"), True),
        ({"zone": "c"}, expression("zone", "In", "a", "b"), False),
        ({}, expression("zone", "NotIn", "a"), True),
        ({"zone": "a"}, expression("zone", "NotIn", "a"), False),
        ({"gpu": ""}, expression("gpu", "Exists"), True),
        ({}, expression("gpu", "DoesNotExist"), True),
        ({"cores": "8"}, expression("cores", "Gt", "4"), True),
        ({"cores": "many"}, expression("cores", "Gt", "4"), False),
        ({"cores": "2"}, expression("cores", "Lt", "4"), True),
        ({}, {}, False),
        ({}, {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}, True),
    ],
)
def test_node_affinity_terms(labels: dict, term: dict, matches: bool) -> None:
    assert filters.selected(shape(affinity=affinity(term)), node(labels)) is matches


def test_one_matching_term_of_several_is_enough() -> None:
    wanted = affinity(expression("zone", "In", "a"), expression("gpu", "Exists"))
    assert filters.selected(shape(affinity=wanted), node({"gpu": "1"}))


def test_a_node_selector_must_match_whole() -> None:
    wanted = shape(nodeSelector={"a": "1", "b": "2"})
    assert filters.selected(wanted, node({"a": "1", "b": "2", "c": "3"}))
    assert not filters.selected(wanted, node({"a": "1"}))


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "value": "other"}, False),
        ({"key": "k", "value": "v", "effect": "NoExecute"}, False),
        ({"operator": "Exists"}, True),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations(toleration: dict, tolerated: bool) -> None:
    tainted = node(taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    assert (filters.static_reason(shape(tolerations=[toleration]), tainted) == "") is tolerated


def test_a_preferring_taint_does_not_forbid() -> None:
    assert not filters.static_reason(shape(), node(taints=[{"key": "k", "effect": "PreferNoSchedule"}]))


def test_a_cordoned_node_is_refused_unless_that_is_tolerated() -> None:
    cordoned = node(unschedulable=True)
    assert filters.static_reason(shape(), cordoned) == "node(s) were unschedulable"
    tolerating = shape(tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])
    assert not filters.static_reason(tolerating, cordoned)


def test_what_is_short_is_named() -> None:
    big = shape(containers=[{"resources": {"requests": {"cpu": "5", "memory": "9Gi", "example.com/gpu": "1"}}}])
    assert not filters.fits(big, node())
    assert filters.dynamic_reasons(big, node()) == [
        "Insufficient cpu",
        "Insufficient example.com/gpu",
        "Insufficient memory",
    ]


def test_host_ports_collide_by_protocol_and_address() -> None:
    def with_port(**port: object) -> Shape:
        return shape(containers=[{"ports": [{"hostPort": 80, **port}]}])

    taken = node()
    taken.carry(with_port(hostIP="10.0.0.1"), 1)
    assert not filters.fits(with_port(), taken)
    assert not filters.fits(with_port(hostIP="10.0.0.1"), taken)
    assert filters.fits(with_port(hostIP="10.0.0.2"), taken)
    assert filters.fits(with_port(protocol="UDP"), taken)


def test_the_message_counts_reasons() -> None:
    wanted = shape(containers=[{"resources": {"requests": {"cpu": "5"}}}])
    nodes = [node(), node(), node(unschedulable=True)]
    assert filters.explain(wanted, nodes) == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu."
    )
    assert filters.explain(wanted, []) == "no nodes available to schedule pods"
