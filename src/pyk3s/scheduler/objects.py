"""What the scheduler reads of pods and nodes."""

import msgspec

from pyk3s.client import objects


class Resources(msgspec.Struct, rename="camel", gc=False):
    requests: dict[str, str] | None = None
    limits: dict[str, str] | None = None


class Port(msgspec.Struct, rename="camel", gc=False):
    host_port: int = 0
    host_ip: str = msgspec.field(name="hostIP", default="")
    protocol: str = "TCP"


class Container(msgspec.Struct, rename="camel", gc=False):
    resources: Resources = msgspec.field(default_factory=Resources)
    ports: list[Port] = []
    restart_policy: str = ""


class Toleration(msgspec.Struct, rename="camel", frozen=True, gc=False):
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class Requirement(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """One expression of a node selector term."""

    key: str
    operator: str
    values: tuple[str, ...] | None = None


class SelectorTerm(msgspec.Struct, rename="camel", frozen=True, gc=False):
    match_expressions: tuple[Requirement, ...] | None = None
    match_fields: tuple[Requirement, ...] | None = None


class NodeSelector(msgspec.Struct, rename="camel", frozen=True, gc=False):
    node_selector_terms: tuple[SelectorTerm, ...] = ()


class Preference(msgspec.Struct, rename="camel", frozen=True, gc=False):
    weight: int = 0
    preference: SelectorTerm = msgspec.field(default_factory=SelectorTerm)


class NodeAffinity(msgspec.Struct, rename="camel", frozen=True, gc=False):
    required: NodeSelector | None = msgspec.field(name="requiredDuringSchedulingIgnoredDuringExecution", default=None)
    preferred: tuple[Preference, ...] | None = msgspec.field(
        name="preferredDuringSchedulingIgnoredDuringExecution", default=None
    )


class Affinity(msgspec.Struct, rename="camel", frozen=True, gc=False):
    node_affinity: NodeAffinity | None = None


class PodSpec(msgspec.Struct, rename="camel", gc=False):
    containers: list[Container] = []
    init_containers: list[Container] | None = None
    node_name: str = ""
    scheduler_name: str = "default-scheduler"
    node_selector: dict[str, str] | None = None
    affinity: Affinity | None = None
    tolerations: list[Toleration] | None = None
    priority: int = 0
    overhead: dict[str, str] | None = None
    scheduling_gates: list[dict[str, str]] | None = None
    resources: Resources | None = None


class Condition(msgspec.Struct, rename="camel", gc=False):
    type: str = ""
    status: str = ""
    message: str = ""


class PodStatus(msgspec.Struct, rename="camel", gc=False):
    phase: str = ""
    conditions: list[Condition] | None = None


class PodMetadata(objects.Identity, rename="camel", gc=False):
    deletion_timestamp: str | None = None


class Pod(msgspec.Struct, gc=False):
    metadata: PodMetadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class Taint(msgspec.Struct, rename="camel", frozen=True, gc=False):
    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(msgspec.Struct, rename="camel", gc=False):
    unschedulable: bool = False
    taints: tuple[Taint, ...] | None = None


class NodeStatus(msgspec.Struct, rename="camel", gc=False):
    allocatable: dict[str, str] | None = None


class NodeMetadata(objects.Identity, rename="camel", gc=False):
    labels: dict[str, str] = {}


class Node(msgspec.Struct, gc=False):
    metadata: NodeMetadata
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)
