"""The Node object: what is registered once, and the status that is kept true. Pure, but for reading the machine
through `Facts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyk3s.cri import images
from pyk3s.host import machine
from pyk3s.lib import timestamps
from pyk3s.node.objects import JSON
from pyk3s.node.settings import NodeSettings

INSTANCE_TYPE = "k3s"
SHOWN_IMAGES = 50  # as the kubelet limits the list


@dataclass(frozen=True, slots=True)
class Facts:
    """What the node knows of itself now. Bytes."""

    machine: machine.Machine
    disk_size: int
    runtime: str  # such as containerd://1.7.1
    runtime_ready: bool
    network_ready: bool
    why_not: str = ""  # of the runtime or its network
    disk_full: bool = False
    images: tuple[JSON, ...] = ()  # CRI Images


def hostname(settings: NodeSettings) -> str:
    return settings.hostname or settings.node_name


def labels(settings: NodeSettings) -> dict[str, str]:
    """The labels of a new node: those everybody expects, and the ones asked for."""
    architecture = images.architecture()
    return {
        "kubernetes.io/hostname": settings.node_name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        "node.kubernetes.io/instance-type": INSTANCE_TYPE,
        "beta.kubernetes.io/instance-type": INSTANCE_TYPE,
        **settings.labels,
    }


def taints(settings: NodeSettings) -> list[JSON]:
    """From `key=value:Effect` or `key:Effect`."""
    made = []
    for told in settings.taints:
        named, _, effect = told.rpartition(":")
        key, _, value = named.partition("=")
        made.append({"key": key, "effect": effect} | ({"value": value} if value else {}))
    return made


def annotations(settings: NodeSettings) -> dict[str, str]:
    """K3s tells addresses and host name in these."""
    made = {"k3s.io/hostname": hostname(settings), "k3s.io/internal-ip": settings.node_ip}
    if settings.external_ips:
        made["k3s.io/external-ip"] = ",".join(settings.external_ips)
    return made


def node(settings: NodeSettings, facts: Facts, *, now: float) -> JSON:
    """The object to create."""
    spec: JSON = {"providerID": settings.provider_id or f"k3s://{settings.node_name}"}
    if wanted := taints(settings):
        spec["taints"] = wanted
    metadata = {"name": settings.node_name, "labels": labels(settings), "annotations": annotations(settings)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": spec,
        "status": status(settings, facts, {}, now=now),
    }


def metadata_changes(settings: NodeSettings, present: JSON) -> JSON:
    """What a node that exists already lacks, as a merge patch; empty where nothing does."""
    held = present.get("metadata") or {}
    made: JSON = {}
    for name, wanted in (("labels", labels(settings)), ("annotations", annotations(settings))):
        missing = {key: value for key, value in wanted.items() if (held.get(name) or {}).get(key) != value}
        if missing:
            made[name] = missing
    return {"metadata": made} if made else {}


def status(settings: NodeSettings, facts: Facts, before: JSON, *, now: float) -> JSON:
    """The status; conditions keep their times of transition from `before`."""
    return {
        "addresses": addresses(settings),
        "capacity": capacity(settings, facts),
        "allocatable": capacity(settings, facts, allocatable=True),
        "conditions": conditions(facts, before.get("conditions") or (), now=now),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": settings.kubelet_port}},
        "nodeInfo": {
            "machineID": facts.machine.machine_id,
            "systemUUID": facts.machine.system_uuid,
            "bootID": facts.machine.boot_id,
            "kernelVersion": facts.machine.kernel,
            "osImage": facts.machine.os_image,
            "containerRuntimeVersion": facts.runtime,
            "kubeletVersion": settings.version,
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": images.architecture(),
        },
        "images": shown_images(facts.images),
    }


def addresses(settings: NodeSettings) -> list[JSON]:
    made = [{"type": "InternalIP", "address": settings.node_ip}]
    made += [{"type": "ExternalIP", "address": each} for each in settings.external_ips]
    made.append({"type": "Hostname", "address": hostname(settings)})
    made += [{"type": "InternalDNS", "address": each} for each in settings.internal_dns]
    return [*made, *({"type": "ExternalDNS", "address": each} for each in settings.external_dns)]


def capacity(settings: NodeSettings, facts: Facts, *, allocatable: bool = False) -> dict[str, str]:
    """What the node has, and what of it pods may ask for: all but a tenth of the disk, which garbage collection keeps
    free.
    """
    disk = facts.disk_size * 9 // 10 if allocatable else facts.disk_size
    return {
        "cpu": str(facts.machine.processors),
        "memory": f"{facts.machine.memory // 1024}Ki",
        "ephemeral-storage": str(disk) if allocatable else f"{disk // 1024}Ki",
        "pods": str(settings.max_pods),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
    }


def conditions(facts: Facts, before: Sequence[JSON], *, now: float) -> list[JSON]:
    ready = facts.runtime_ready and facts.network_ready
    why = "" if ready else facts.why_not or "container runtime is down"
    told = [
        ("MemoryPressure", False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", facts.disk_full, *_disk(facts.disk_full)),
        ("PIDPressure", False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", ready, *(("KubeletReady", "kubelet is posting ready status") if ready else ("KubeletNotReady", why))),
    ]
    held = {each["type"]: each for each in before}
    return [_condition(held.get(kind), kind, value, reason, message, now) for kind, value, reason, message in told]


def _disk(full: bool) -> tuple[str, str]:
    if full:
        return "KubeletHasDiskPressure", "kubelet has disk pressure"
    return "KubeletHasNoDiskPressure", "kubelet has no disk pressure"


def _condition(before: JSON | None, kind: str, value: bool, reason: str, message: str, now: float) -> JSON:
    stamp, told = timestamps.rfc3339(now), "True" if value else "False"
    since = before["lastTransitionTime"] if before and before["status"] == told else stamp
    return {
        "type": kind,
        "status": told,
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }


def shown_images(held: Sequence[JSON]) -> list[JSON]:
    """The largest images with their names, as schedulers use them."""
    largest = sorted(held, key=lambda each: int(each.get("size", 0)), reverse=True)[:SHOWN_IMAGES]
    named = [
        {
            "names": [*(each.get("repo_digests") or ()), *(each.get("repo_tags") or ())],
            "sizeBytes": int(each.get("size", 0)),
        }
        for each in largest
    ]
    return [each for each in named if each["names"]]


def is_same(one: JSON, other: JSON) -> bool:
    """Whether two statuses differ in nothing but heartbeats."""
    return _settled(one) == _settled(other)


def _settled(told: JSON) -> JSON:
    bare = {key: told.get(key) for key in ("addresses", "capacity", "allocatable", "nodeInfo", "images")}
    held = {
        each["type"]: (each["status"], each.get("reason"), each.get("message")) for each in told.get("conditions") or ()
    }
    return {
        **bare,
        "conditions": {kind: held.get(kind) for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")},
    }
