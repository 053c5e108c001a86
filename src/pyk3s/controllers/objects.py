"""What controllers read of objects that several of them share."""

from typing import Any

import msgspec

from pyk3s.client import objects


class Condition(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
    """A condition of a pod, node, ReplicaSet or Deployment status."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_update_time: str | None = None
    last_heartbeat_time: str | None = None
    last_transition_time: str | None = None


class Port(msgspec.Struct, rename="camel", gc=False):
    name: str = ""
    container_port: int = 0
    protocol: str = "TCP"


class Container(msgspec.Struct, rename="camel", gc=False):
    ports: list[Port] = []
    restart_policy: str = ""


class Toleration(msgspec.Struct, rename="camel", gc=False):
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class PodAnnotations(msgspec.Struct, gc=False):
    deletion_cost: str = msgspec.field(name="controller.kubernetes.io/pod-deletion-cost", default="")


class PodMetadata(objects.Metadata, rename="camel"):
    annotations: PodAnnotations = msgspec.field(default_factory=PodAnnotations)


class PodSpec(msgspec.Struct, rename="camel"):
    node_name: str = ""
    hostname: str = ""
    subdomain: str = ""
    containers: list[Container] = []
    init_containers: list[Container] = []
    tolerations: list[Toleration] = []


class PodIP(msgspec.Struct, gc=False):
    ip: str = ""


class ContainerStatus(msgspec.Struct, rename="camel", gc=False):
    restart_count: int = 0


class PodStatus(msgspec.Struct, rename="camel"):
    phase: str = ""
    pod_ips: list[PodIP] = msgspec.field(name="podIPs", default_factory=list)
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []


class Pod(msgspec.Struct):
    metadata: PodMetadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class Taint(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: str | None = None


class NodeSpec(msgspec.Struct, rename="camel"):
    unschedulable: bool = False
    taints: list[Taint] = []
    pod_cidr: str = msgspec.field(name="podCIDR", default="")
    pod_cidrs: list[str] = msgspec.field(name="podCIDRs", default_factory=list)


class NodeStatus(msgspec.Struct, rename="camel"):
    conditions: list[Condition] = []


class Node(msgspec.Struct):
    metadata: objects.Metadata
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class NamespaceSpec(msgspec.Struct):
    finalizers: list[str] = []


class NamespaceStatus(msgspec.Struct):
    phase: str = ""
    conditions: list[Condition] = []


class Namespace(msgspec.Struct):
    metadata: objects.Metadata
    spec: NamespaceSpec = msgspec.field(default_factory=NamespaceSpec)
    status: NamespaceStatus = msgspec.field(default_factory=NamespaceStatus)

    @property
    def terminating(self) -> bool:
        return self.metadata.deletion_timestamp is not None


class ReplicaSetSpec(msgspec.Struct, rename="camel"):
    replicas: int = 1
    min_ready_seconds: int = 0
    selector: dict[str, Any] = {}
    template: msgspec.Raw = msgspec.Raw(b"{}")


class ReplicaSetStatus(msgspec.Struct, rename="camel", omit_defaults=False):
    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    observed_generation: int = 0
    conditions: list[Condition] = []


class ReplicaSet(msgspec.Struct):
    """`spec.template` stays as the server's bytes; it is decoded where a pod is made or two templates are compared."""

    metadata: objects.Described
    spec: ReplicaSetSpec = msgspec.field(default_factory=ReplicaSetSpec)
    status: ReplicaSetStatus = msgspec.field(default_factory=ReplicaSetStatus)


def keep_replica_set(decoded: ReplicaSet) -> ReplicaSet:
    """Hold the template alone, not the message it came in."""
    decoded.spec.template = msgspec.Raw(bytes(decoded.spec.template))
    return decoded


def condition(conditions: list[Condition], kind: str) -> Condition | None:
    """The condition of a type."""
    return next((each for each in conditions if each.type == kind), None)
