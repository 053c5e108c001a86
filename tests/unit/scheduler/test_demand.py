"""Claims about what pods ask for."""

import msgspec

from pyk3s.scheduler.demand import Shapes
from pyk3s.scheduler.objects import Pod


def pod(spec: dict) -> Pod:
    return msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, Pod)


def container(cpu: str = "", memory: str = "", **more: object) -> dict:
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"resources": {"requests": requests}, **more}


def requests(spec: dict) -> dict[str, int]:
    return dict(Shapes().of(pod(spec)).requests)


def test_containers_add_up() -> None:
    assert requests({"containers": [container("100m", "1Mi"), container("1", "1Ki")]}) == {
        "cpu": 1100,
        "memory": 1024 * 1025,
    }


def test_an_init_container_counts_only_where_it_exceeds_the_rest() -> None:
    spec = {"containers": [container("1", "1Gi")], "initContainers": [container("3", "1Mi")]}
    assert requests(spec) == {"cpu": 3000, "memory": 2**30}


def test_a_sidecar_runs_beside_later_init_containers_and_the_containers() -> None:
    spec = {
        "containers": [container("1")],
        "initContainers": [container("500m", restartPolicy="Always"), container("2")],
    }
    assert requests(spec) == {"cpu": 2500}


def test_overhead_comes_on_top() -> None:
    assert requests({"containers": [container("1")], "overhead": {"cpu": "250m"}}) == {"cpu": 1250}


def test_requests_of_the_pod_replace_those_of_its_containers() -> None:
    spec = {"containers": [container("1", "1Gi")], "resources": {"requests": {"cpu": "2"}}}
    assert requests(spec) == {"cpu": 2000, "memory": 2**30}


def test_equal_demands_share_a_shape() -> None:
    shapes = Shapes()
    first = shapes.of(pod({"containers": [container("1000m")]}))
    assert shapes.of(pod({"containers": [container("1")]})) is first
    assert shapes.of(pod({"containers": [container("1")], "nodeSelector": {"a": "b"}})) is not first


def test_a_container_that_asks_for_nothing_still_weighs_when_nodes_are_compared() -> None:
    shape = Shapes().of(pod({"containers": [container(), container("1")]}))
    assert (shape.likely_cpu, shape.likely_memory) == (1100, 400 * 2**20)
