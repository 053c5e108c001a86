"""The CRI messages that make a pod's sandbox and its containers, from values that others have prepared. Pure."""

import hashlib
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyk3s.node import objects
from pyk3s.node.containers import expansion, resources, security
from pyk3s.node.objects import JSON
from pyk3s.node.pods import observed, planning

PROTOCOLS = {"TCP": 0, "UDP": 1, "SCTP": 2}
HOSTNAME_MOST = 63


@dataclass(frozen=True, slots=True)
class Mount:
    """A host path in a container."""

    host_path: str
    container_path: str
    read_only: bool = False
    propagation: int = 0  # 0 private, 1 host to container, 2 both ways


@dataclass(frozen=True, slots=True)
class Resolver:
    """What stands in /etc/resolv.conf."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def log_folder(root: pathlib.Path, pod: objects.Pod) -> pathlib.Path:
    """`/var/log/pods/NAMESPACE_NAME_UID`, where log collectors look."""
    return root / f"{pod.namespace}_{pod.name}_{pod.uid}"


def hostname(pod: objects.Pod, node_hostname: str) -> str:
    """The pod's host name; with hostNetwork the node's, unless the pod overrides it."""
    if override := pod.spec.get("hostnameOverride"):
        return str(override)
    if pod.host_network:
        return node_hostname
    return str(pod.spec.get("hostname") or pod.name)[:HOSTNAME_MOST].rstrip("-.")


def pod_labels(pod: objects.Pod) -> dict[str, str]:
    """The labels by which a later process recognises what belongs to the pod."""
    own = {observed.POD_NAME: pod.name, observed.POD_NAMESPACE: pod.namespace, observed.POD_UID: pod.uid}
    return {**pod.metadata.labels, **own}


def sandbox(
    pod: objects.Pod,
    attempt: int,
    *,
    log_root: pathlib.Path,
    cgroup_parent: str,
    resolver: Resolver,
    node_hostname: str,
) -> JSON:
    """CRI PodSandboxConfig; raises security.Refused."""
    return {
        "metadata": {"name": pod.name, "uid": pod.uid, "namespace": pod.namespace, "attempt": attempt},
        "hostname": "" if pod.host_network else hostname(pod, node_hostname),
        "log_directory": str(log_folder(log_root, pod)),
        "dns_config": {
            "servers": list(resolver.servers),
            "searches": list(resolver.searches),
            "options": list(resolver.options),
        },
        "port_mappings": [] if pod.host_network else _port_mappings(pod),
        "labels": pod_labels(pod),
        "annotations": dict(pod.metadata.annotations),
        "linux": {
            "cgroup_parent": cgroup_parent,
            "security_context": security.of_sandbox(pod),
            "sysctls": security.sysctls(pod),
        },
    }


def _port_mappings(pod: objects.Pod) -> list[JSON]:
    sidecars = [each for each in pod.init_containers() if objects.is_sidecar(each)]
    return [
        {
            "protocol": PROTOCOLS[port.get("protocol") or "TCP"],
            "container_port": int(port["containerPort"]),
            "host_port": int(port["hostPort"]),
            "host_ip": port.get("hostIP", ""),
        }
        for container in (*pod.containers(), *sidecars)
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]


def container(
    pod: objects.Pod,
    spec: JSON,
    attempt: int,
    *,
    image_ref: str,
    environment: Mapping[str, str],
    mounts: Sequence[Mount],
    machine_memory: int,
    target_id: str = "",
    seccomp_root: str = "",
) -> JSON:
    """CRI ContainerConfig. An empty command or arguments leave those of the image."""
    name = spec["name"]
    return {
        "metadata": {"name": name, "attempt": attempt},
        "image": {"image": image_ref, "user_specified_image": spec.get("image", "")},
        "command": [expansion.expand(each, environment) for each in spec.get("command") or ()],
        "args": [expansion.expand(each, environment) for each in spec.get("args") or ()],
        "working_dir": spec.get("workingDir", ""),
        "envs": [{"key": key, "value": value.encode("utf-8", "surrogateescape")} for key, value in environment.items()],
        "mounts": [_mount(each) for each in mounts],
        "labels": {
            observed.CONTAINER_NAME: name,
            observed.POD_NAME: pod.name,
            observed.POD_NAMESPACE: pod.namespace,
            observed.POD_UID: pod.uid,
        },
        "annotations": {
            observed.SPEC_HASH: planning.spec_hash(spec),
            observed.TERMINATION_PATH: spec.get("terminationMessagePath") or "/dev/termination-log",
            observed.TERMINATION_POLICY: spec.get("terminationMessagePolicy") or "File",
        },
        "log_path": f"{name}/{attempt}.log",
        "stdin": bool(spec.get("stdin")),
        "stdin_once": bool(spec.get("stdinOnce")),
        "tty": bool(spec.get("tty")),
        "linux": {
            "resources": resources.of_container(pod, spec, machine_memory=machine_memory),
            "security_context": security.of_container(pod, spec, target_id=target_id, seccomp_root=seccomp_root),
        },
    }


def _mount(mount: Mount) -> JSON:
    return {
        "container_path": mount.container_path,
        "host_path": mount.host_path,
        "readonly": mount.read_only,
        "propagation": mount.propagation,
    }


def short_hash(text: str) -> str:
    """Eight characters that tell paths of different attempts apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
