"""What the container runtime has of one pod, as values made from CRI messages.

Ownership is in labels under the kubelet's names, so that pods of an earlier process, or of another kubelet, are
recognised; the attempt number and a hash of the container's spec are in annotations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
CONTAINER_NAME = "io.kubernetes.container.name"
SPEC_HASH = "io.kubernetes.container.hash"
TERMINATION_PATH = "io.kubernetes.container.terminationMessagePath"
TERMINATION_POLICY = "io.kubernetes.container.terminationMessagePolicy"

State = Literal["created", "running", "exited", "unknown"]
STATES: dict[int, State] = {0: "created", 1: "running", 2: "exited", 3: "unknown"}
NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod. Times in seconds since 1970, 0 for never."""

    id: str
    name: str
    attempt: int
    state: State
    sandbox_id: str
    created_at: float
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    reason: str = ""
    message: str = ""
    image: str = ""
    image_ref: str = ""
    spec_hash: str = ""
    log_path: str = ""
    annotations: Mapping[str, str] | None = None

    @property
    def running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One sandbox of a pod: its network and namespaces."""

    id: str
    attempt: int
    ready: bool
    created_at: float
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuntimePod:
    """All sandboxes and containers of one pod, newest first."""

    uid: str
    namespace: str
    name: str
    sandboxes: tuple[Sandbox, ...] = ()
    containers: tuple[Container, ...] = ()

    @property
    def sandbox(self) -> Sandbox | None:
        """The newest sandbox."""
        return self.sandboxes[0] if self.sandboxes else None

    def latest(self, name: str) -> Container | None:
        """The newest container of that name."""
        return next((each for each in self.containers if each.name == name), None)

    def previous(self, name: str) -> Container | None:
        """The newest ended container of that name that has a successor."""
        older = [each for each in self.containers if each.name == name][1:]
        return next((each for each in older if each.state == "exited"), None)

    @property
    def idle(self) -> bool:
        """Whether nothing of it runs any more."""
        return not any(each.ready for each in self.sandboxes) and not any(each.running for each in self.containers)


def container_from_list(item: Mapping[str, Any]) -> Container:
    """A CRI Container, as ListContainers has it: no times but the creation, no exit code."""
    metadata, labels = item.get("metadata") or {}, item.get("labels") or {}
    annotations = dict(item.get("annotations") or {})
    return Container(
        id=str(item["id"]),
        name=str(labels.get(CONTAINER_NAME) or metadata.get("name", "")),
        attempt=int(metadata.get("attempt", 0)),
        state=STATES[int(item.get("state", 0))],
        sandbox_id=str(item.get("pod_sandbox_id", "")),
        created_at=int(item.get("created_at", 0)) / NANOSECONDS,
        image=str((item.get("image") or {}).get("image", "")),
        image_ref=str(item.get("image_ref", "")),
        spec_hash=annotations.get(SPEC_HASH, ""),
        annotations=annotations,
    )


def container_from_status(listed: Container, status: Mapping[str, Any]) -> Container:
    """The listed container completed by its CRI ContainerStatus."""
    return Container(
        id=listed.id,
        name=listed.name,
        attempt=listed.attempt,
        state=STATES[int(status.get("state", 0))],
        sandbox_id=listed.sandbox_id,
        created_at=int(status.get("created_at", 0)) / NANOSECONDS,
        started_at=int(status.get("started_at", 0)) / NANOSECONDS,
        finished_at=int(status.get("finished_at", 0)) / NANOSECONDS,
        exit_code=int(status.get("exit_code", 0)),
        reason=str(status.get("reason", "")),
        message=str(status.get("message", "")),
        image=str((status.get("image") or {}).get("image", "")) or listed.image,
        image_ref=str(status.get("image_ref", "")) or listed.image_ref,
        spec_hash=listed.spec_hash,
        log_path=str(status.get("log_path", "")),
        annotations=listed.annotations,
    )


def sandbox_from_status(status: Mapping[str, Any]) -> Sandbox:
    """A CRI PodSandboxStatus."""
    network = status.get("network") or {}
    ips = [network.get("ip", ""), *(each.get("ip", "") for each in network.get("additional_ips") or ())]
    return Sandbox(
        id=str(status["id"]),
        attempt=int((status.get("metadata") or {}).get("attempt", 0)),
        ready=int(status.get("state", 0)) == 0,
        created_at=int(status.get("created_at", 0)) / NANOSECONDS,
        ips=tuple(ip for ip in ips if ip),
    )


def assemble(
    uid: str, namespace: str, name: str, sandboxes: Sequence[Sandbox], containers: Sequence[Container]
) -> RuntimePod:
    """A pod with its parts in order of age, newest first."""
    return RuntimePod(
        uid=uid,
        namespace=namespace,
        name=name,
        sandboxes=tuple(sorted(sandboxes, key=lambda each: (each.created_at, each.attempt), reverse=True)),
        containers=tuple(sorted(containers, key=lambda each: (each.attempt, each.created_at), reverse=True)),
    )
