"""What containers use, from CRI: the summary that autoscalers read, and the same as Prometheus text."""

from collections.abc import Sequence

from pyk3s.host import machine
from pyk3s.lib import timestamps
from pyk3s.node import objects
from pyk3s.node.objects import JSON
from pyk3s.node.pods import observed
from pyk3s.node.pods.services import NodeServices


def _value(told: JSON, name: str) -> int:
    return int((told.get(name) or {}).get("value", 0))


def container_figures(told: JSON, now: float) -> JSON:
    """One container of the summary, from CRI ContainerStats."""
    stamp = timestamps.rfc3339(now)
    cpu, memory, layer = told.get("cpu") or {}, told.get("memory") or {}, told.get("writable_layer") or {}
    name = ((told.get("attributes") or {}).get("metadata") or {}).get("name", "")
    return {
        "name": name,
        "cpu": {"time": stamp, "usageCoreNanoSeconds": _value(cpu, "usage_core_nano_seconds")},
        "memory": {"time": stamp, "workingSetBytes": _value(memory, "working_set_bytes")},
        "rootfs": {"time": stamp, "usedBytes": _value(layer, "used_bytes"), "inodesUsed": _value(layer, "inodes_used")},
    }


async def _by_pod(node: NodeServices) -> dict[str, list[JSON]]:
    """Container figures by uid of their pod."""
    now = node.time.time()
    found: dict[str, list[JSON]] = {}
    for told in await node.cri.container_stats():
        uid = ((told.get("attributes") or {}).get("labels") or {}).get(observed.POD_UID, "")
        found.setdefault(uid, []).append(container_figures(told, now))
    return found


async def summary(node: NodeServices, pods: Sequence[objects.Pod]) -> JSON:
    """/stats/summary."""
    by_pod, stamp = await _by_pod(node), timestamps.rfc3339(node.time.time())
    shown = [_pod(pod, by_pod.get(pod.uid, []), stamp) for pod in pods]
    return {"node": _node(node, stamp), "pods": shown}


def _pod(pod: objects.Pod, containers: list[JSON], stamp: str) -> JSON:
    return {
        "podRef": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        "startTime": pod.status.get("startTime"),
        "containers": containers,
        "cpu": {"time": stamp, "usageCoreNanoSeconds": sum(each["cpu"]["usageCoreNanoSeconds"] for each in containers)},
        "memory": {"time": stamp, "workingSetBytes": sum(each["memory"]["workingSetBytes"] for each in containers)},
    }


def _node(node: NodeServices, stamp: str) -> JSON:
    memory = machine.memory_figures()
    size, free = machine.disk(node.settings.kubelet_dir)
    used = memory.get("MemTotal", 0) - memory.get("MemAvailable", 0)
    return {
        "nodeName": node.settings.node_name,
        "cpu": {"time": stamp, "usageCoreNanoSeconds": machine.cpu_nanoseconds()},
        "memory": {"time": stamp, "availableBytes": memory.get("MemAvailable", 0), "workingSetBytes": used},
        "fs": {"time": stamp, "availableBytes": free, "capacityBytes": size, "usedBytes": size - free},
    }


async def metrics(node: NodeServices, pods: Sequence[objects.Pod]) -> bytes:
    """The resource metrics in Prometheus' text format."""
    by_pod = await _by_pod(node)
    cpu, memory = [], []
    for pod in pods:
        for told in by_pod.get(pod.uid, []):
            names = f'{{container="{told["name"]}",namespace="{pod.namespace}",pod="{pod.name}"}}'
            cpu.append(f"container_cpu_usage_seconds_total{names} {told['cpu']['usageCoreNanoSeconds'] / 1e9:.6f}")
            memory.append(f"container_memory_working_set_bytes{names} {told['memory']['workingSetBytes']}")
    lines = [
        "# TYPE container_cpu_usage_seconds_total counter",
        *cpu,
        "# TYPE container_memory_working_set_bytes gauge",
        *memory,
        "# TYPE node_cpu_usage_seconds_total counter",
        f"node_cpu_usage_seconds_total {machine.cpu_nanoseconds() / 1e9:.3f}",
        "# TYPE kubelet_running_pods gauge",
        f"kubelet_running_pods {sum(1 for pod in pods if not pod.finished)}",
    ]
    return ("\n".join(lines) + "\n").encode()
