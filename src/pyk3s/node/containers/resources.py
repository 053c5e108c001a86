"""CPU and memory of containers and pods as control group figures. Numbers and roundings are the kubelet's."""

from collections.abc import Callable
from typing import Any

from pyk3s.api import quantity
from pyk3s.host import cgroups
from pyk3s.node import objects
from pyk3s.node.objects import JSON

LEAST_SHARES, MOST_SHARES = 2, 262144
SHARES_PER_CPU = 1024
CRITICAL_PRIORITY = 2_000_000_000
OOM_GUARANTEED, OOM_BEST_EFFORT = -997, 1000


def milli_cpu(resources: JSON, where: str) -> int | None:
    told = (resources.get(where) or {}).get("cpu")
    return None if told is None else quantity.parse(str(told)).milli


def memory(resources: JSON, where: str) -> int | None:
    told = (resources.get(where) or {}).get("memory")
    return None if told is None else quantity.parse(str(told)).value


def shares(milli: int) -> int:
    """The CPU weight (version 1 scale) of a request in thousandths of a CPU."""
    return max(LEAST_SHARES, min(milli * SHARES_PER_CPU // 1000, MOST_SHARES))


def quota(milli: int) -> int:
    """The CPU time in µs per period of a limit."""
    return max(milli * cgroups.CPU_PERIOD_US // 1000, cgroups.SMALLEST_QUOTA_US)


def of_container(pod: objects.Pod, container: JSON, *, machine_memory: int) -> dict[str, Any]:
    """CRI LinuxContainerResources."""
    resources = container.get("resources") or {}
    request, limit = milli_cpu(resources, "requests"), milli_cpu(resources, "limits")
    made: dict[str, Any] = {
        "cpu_shares": shares(request if request is not None else limit or 0),
        "oom_score_adj": oom_score(pod, container, machine_memory=machine_memory),
    }
    if limit:
        made |= {"cpu_period": cgroups.CPU_PERIOD_US, "cpu_quota": quota(limit)}
    if most := memory(resources, "limits"):
        made |= {"memory_limit_in_bytes": most}
    return made


def oom_score(pod: objects.Pod, container: JSON, *, machine_memory: int) -> int:
    """Who is killed first when memory runs out: those that asked for the least of it."""
    if int(pod.spec.get("priority") or 0) >= CRITICAL_PRIORITY or pod.qos == "Guaranteed":
        return OOM_GUARANTEED
    if pod.qos == "BestEffort":
        return OOM_BEST_EFFORT
    request = memory(container.get("resources") or {}, "requests") or 0
    score = 1000 - 1000 * request // max(machine_memory, 1)
    return max(1000 + OOM_GUARANTEED, min(score, OOM_BEST_EFFORT - 1))


def of_pod(pod: objects.Pod) -> cgroups.Limits:
    """The limits of the pod's own group: the sum of its containers', none where one of them has none."""
    mains = [*pod.containers(), *(each for each in pod.init_containers() if objects.is_sidecar(each))]
    inits = [each for each in pod.init_containers() if not objects.is_sidecar(each)]
    request = max([_sum(mains, milli_cpu, "requests"), *(_one(each, milli_cpu, "requests") or 0 for each in inits)])
    overhead = {"limits": pod.spec.get("overhead") or {}}
    cpu = _limit(mains, inits, milli_cpu, overhead)
    most = _limit(mains, inits, memory, overhead)
    return cgroups.Limits(cpu_shares=shares(request), cpu_quota=quota(cpu) if cpu else 0, memory=most)


Read = Callable[[JSON, str], int | None]


def _one(container: JSON, read: Read, where: str) -> int | None:
    return read(container.get("resources") or {}, where)


def _sum(containers: list[JSON], read: Read, where: str) -> int:
    return sum(_one(each, read, where) or 0 for each in containers)


def _limit(mains: list[JSON], inits: list[JSON], read: Read, overhead: JSON) -> int:
    if not all(_one(each, read, "limits") for each in (*mains, *inits)):
        return 0
    most = max([_sum(mains, read, "limits"), *(_one(each, read, "limits") or 0 for each in inits)])
    return most + (read(overhead, "limits") or 0)
