"""Nodes: conditions, capacity, and what the pods on them ask for."""

from collections.abc import Iterable
from typing import Any

from pyk3s.api import cells, quantity
from pyk3s.kubectl.describing.writer import NONE, UNSET, Related, Writer, amounts, annotations, events, marks, time_text

JSON = dict[str, Any]
ROLE = "node-role.kubernetes.io/"
SYSTEM = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
    ("Kube-Proxy Version", "kubeProxyVersion"),
)


def node(obj: JSON, related: Related) -> str:
    writer, metadata, spec, status = Writer(), obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    labels = metadata.get("labels") or {}
    roles = sorted(each.removeprefix(ROLE) for each in labels if each.startswith(ROLE) and each != ROLE)
    writer.field(0, "Name", metadata["name"])
    writer.field(0, "Roles", ",".join(roles) or NONE)
    marks(writer, 0, "Labels", labels)
    annotations(writer, 0, metadata.get("annotations"))
    writer.field(0, "CreationTimestamp", time_text(metadata.get("creationTimestamp")))
    _taints(writer, spec)
    writer.field(0, "Unschedulable", "true" if spec.get("unschedulable") else "false")
    _lease(writer, related.lease)
    _conditions(writer, status)
    writer.line(0, "Addresses:")
    for each in status.get("addresses") or ():
        writer.field(1, each["type"], each["address"])
    for title, field in (("Capacity", "capacity"), ("Allocatable", "allocatable")):
        amounts(writer, 0, title, status.get(field))
    writer.line(0, "System Info:")
    info = status.get("nodeInfo") or {}
    for title, field in SYSTEM:
        writer.field(1, title, info.get(field, ""))
    if spec.get("podCIDR"):
        writer.field(0, "PodCIDR", spec["podCIDR"])
        writer.field(0, "PodCIDRs", ",".join(spec.get("podCIDRs") or ()))
    if spec.get("providerID"):
        writer.field(0, "ProviderID", spec["providerID"])
    _pods(writer, related, status.get("allocatable") or status.get("capacity") or {})
    events(writer, related.events, related.now)
    return writer.text()


def _taints(writer: Writer, spec: JSON) -> None:
    found = spec.get("taints") or ()
    if not found:
        writer.field(0, "Taints", NONE)
    for place, each in enumerate(sorted(found, key=lambda taint: (taint["effect"], taint["key"]))):
        text = each["key"] + (f"={each['value']}" if each.get("value") else "") + f":{each['effect']}"
        writer.line(0, f"Taints:\t{text}" if place == 0 else f"\t{text}")


def _lease(writer: Writer, lease: JSON | str) -> None:
    if isinstance(lease, str):
        writer.field(0, "Lease", f"Failed to get lease: {lease}")
        return
    spec = lease.get("spec") or {}
    writer.line(0, "Lease:")
    writer.field(1, "HolderIdentity", spec.get("holderIdentity", UNSET))
    writer.field(1, "AcquireTime", time_text(spec.get("acquireTime")))
    writer.field(1, "RenewTime", time_text(spec.get("renewTime")))


def _conditions(writer: Writer, status: JSON) -> None:
    if not status.get("conditions"):
        return
    writer.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
    writer.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
    for each in status["conditions"]:
        times = f"{time_text(each.get('lastHeartbeatTime'))} \t{time_text(each.get('lastTransitionTime'))}"
        told = f"{each.get('reason', '')} \t{each.get('message', '')}"
        writer.line(1, f"{each['type']} \t{each.get('status', '')} \t{times} \t{told} ")


def _pods(writer: Writer, related: Related, allocatable: JSON) -> None:
    running = [pod for pod in related.pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
    writer.line(0, f"Non-terminated Pods:\t({len(running)} in total)")
    writer.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
    writer.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
    for pod in running:
        wanted, most = demand(pod, "requests"), demand(pod, "limits")
        shown = [_share(each.get(name), allocatable.get(name)) for name in ("cpu", "memory") for each in (wanted, most)]
        metadata = pod["metadata"]
        row = "\t".join([metadata["namespace"], metadata["name"], "", *shown, cells.age(pod, related.now)])
        writer.line(1, row)
    writer.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)")
    writer.line(1, "Resource\tRequests\tLimits")
    writer.line(1, "--------\t--------\t------")
    totals = [_sum(demand(pod, kind) for pod in running) for kind in ("requests", "limits")]
    plain = ["cpu", "memory", "ephemeral-storage"]
    more = sorted({*totals[0], *totals[1], *_extended(allocatable)} - set(plain))
    for name in (*plain, *(each for each in more if each not in ("pods",))):
        shown = [
            _share(total.get(name), allocatable.get(name), bare=name not in plain and not name.startswith("hugepages-"))
            for total in totals
        ]
        writer.line(1, f"{name}\t{shown[0]}\t{shown[1]}")


def _extended(allocatable: JSON) -> list[str]:
    return [name for name in allocatable if name.startswith("hugepages-") or "/" in name]


def demand(pod: JSON, kind: str) -> dict[str, quantity.Quantity]:
    """What a pod's containers ask for together, or at most: plain ones summed, init ones by the largest."""
    spec = pod.get("spec") or {}
    total = _sum(_amounts(each, kind) for each in spec.get("containers") or ())
    always: dict[str, quantity.Quantity] = {}
    for each in spec.get("initContainers") or ():
        own = _amounts(each, kind)
        if each.get("restartPolicy") == "Always":
            always = _sum((always, own))
            total = _sum((total, own))
        needed = own if each.get("restartPolicy") == "Always" else _sum((always, own))
        for name, value in needed.items():
            total[name] = max(total.get(name, quantity.ZERO), value)
    overhead = {name: quantity.of(value) for name, value in (spec.get("overhead") or {}).items()}
    return _sum((total, overhead)) if overhead and total else total


def _amounts(container: JSON, kind: str) -> dict[str, quantity.Quantity]:
    found = (container.get("resources") or {}).get(kind) or {}
    return {name: quantity.of(value) for name, value in found.items()}


def _sum(found: Iterable[dict[str, quantity.Quantity]]) -> dict[str, quantity.Quantity]:
    total: dict[str, quantity.Quantity] = {}
    for each in found:
        for name, value in each.items():
            total[name] = total[name] + value if name in total else value
    return total


def _share(value: quantity.Quantity | None, of: Any, *, bare: bool = False) -> str:
    found = value if value is not None else quantity.ZERO
    if bare:
        return str(found)
    whole = quantity.of(of) if of is not None else quantity.ZERO
    return f"{found} ({int(found.nanos * 100 // whole.nanos) if whole.nanos else 0}%)"
