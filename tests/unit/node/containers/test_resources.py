from making import container, pod

from pyk3s.host.cgroups import Limits
from pyk3s.node.containers import resources

MEMORY = 4 * 1024**3


def of(spec, qos="Burstable", **rest):
    return resources.of_container(pod([spec], status={"qosClass": qos}, **rest), spec, machine_memory=MEMORY)


def test_requests_and_limits_become_figures():
    spec = container(resources={"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}})
    made = of(spec)
    assert made == {
        "cpu_shares": 512,
        "cpu_period": 100_000,
        "cpu_quota": 100_000,
        "memory_limit_in_bytes": 2 * 1024**3,
        "oom_score_adj": 750,
    }


def test_without_requests_a_container_gets_the_least():
    assert of(container(), "BestEffort") == {"cpu_shares": 2, "oom_score_adj": 1000}


def test_small_limits_get_a_quota_that_the_kernel_takes():
    assert of(container(resources={"limits": {"cpu": "1m"}}))["cpu_quota"] == 1000


def test_who_is_killed_first():
    assert of(container(), "Guaranteed")["oom_score_adj"] == -997
    assert of(container(), "BestEffort", priority=2_000_000_000)["oom_score_adj"] == -997
    assert of(container(resources={"requests": {"memory": "4Gi"}}))["oom_score_adj"] == 3
    assert of(container())["oom_score_adj"] == 999


def test_a_pods_group_is_limited_only_if_all_its_containers_are():
    limited = container("a", resources={"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1"}})
    assert resources.of_pod(pod([limited])) == Limits(1024, 100_000, 1024**3)
    assert resources.of_pod(pod([limited, container("b")])) == Limits(1024)


def test_init_containers_count_by_their_largest():
    large = container("i", resources={"requests": {"cpu": "2"}})
    small = container("c", resources={"requests": {"cpu": "1"}})
    assert resources.of_pod(pod([small], initContainers=[large])).cpu_shares == 2048
