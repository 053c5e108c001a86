"""What the Deployment controller reads of Deployments, and the annotations that it keeps on ReplicaSets."""

from typing import Any

import msgspec

from pyk3s.client import objects
from pyk3s.controllers.objects import Condition

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HASH_LABEL = "pod-template-hash"
NOT_COPIED = frozenset({LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED, MOST, "deprecated.deployment.rollback.to"})


class RollingUpdate(msgspec.Struct, rename="camel", gc=False):
    max_unavailable: int | str = "25%"
    max_surge: int | str = "25%"


class Strategy(msgspec.Struct, rename="camel"):
    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(msgspec.Struct, rename="camel"):
    replicas: int = 1
    selector: dict[str, Any] = {}
    template: msgspec.Raw = msgspec.Raw(b"{}")
    strategy: Strategy = msgspec.field(default_factory=Strategy)
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None

    @property
    def deadline_s(self) -> int | None:
        """None where progress is not watched: unset, or the largest number, by which old clients mean the same."""
        return None if self.progress_deadline_seconds in (None, 2**31 - 1) else self.progress_deadline_seconds


class DeploymentStatus(msgspec.Struct, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    collision_count: int | None = None
    conditions: list[Condition] = []


class Deployment(msgspec.Struct):
    metadata: objects.Described
    spec: DeploymentSpec = msgspec.field(default_factory=DeploymentSpec)
    status: DeploymentStatus = msgspec.field(default_factory=DeploymentStatus)


def keep(decoded: Deployment) -> Deployment:
    """Hold the template alone, not the message it came in, and leave out the largest annotation, which nobody reads."""
    decoded.spec.template = msgspec.Raw(bytes(decoded.spec.template))
    decoded.metadata.annotations.pop(LAST_APPLIED, None)
    return decoded
