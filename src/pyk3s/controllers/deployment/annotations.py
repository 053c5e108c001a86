"""Which annotations a ReplicaSet of a Deployment carries: revision, its history, sizes, and a copy of the
Deployment's. Pure.
"""

from collections.abc import Sequence

from pyk3s.controllers.deployment.objects import DESIRED, MOST, NOT_COPIED, REVISION, REVISION_HISTORY, Deployment
from pyk3s.controllers.deployment.rollout import bounds, revision
from pyk3s.controllers.objects import ReplicaSet

HISTORY_MOST = 2000  # characters of revision history that are kept


def next_revision(others: Sequence[ReplicaSet]) -> int:
    """The revision of the current template: one past every other."""
    return max((revision(each) for each in others), default=0) + 1


def sizes(deployment: Deployment) -> dict[str, str]:
    """What a ReplicaSet remembers of the sizes it was scaled for."""
    replicas = deployment.spec.replicas
    return {DESIRED: str(replicas), MOST: str(replicas + bounds(deployment).surge)}


def of_new(deployment: Deployment, number: int) -> dict[str, str]:
    """The annotations of a ReplicaSet about to be made."""
    return {**_copied(deployment), REVISION: str(number), **sizes(deployment)}


def changes(deployment: Deployment, current: ReplicaSet, number: int) -> dict[str, str]:
    """What must change on the ReplicaSet of the present template; empty if nothing."""
    present = current.metadata.annotations
    wanted = _copied(deployment)
    before = revision(current)
    if before < number:
        wanted[REVISION] = str(number)
        if before:
            history = [*filter(None, present.get(REVISION_HISTORY, "").split(",")), str(before)]
            while len(",".join(history)) > HISTORY_MOST:
                history.pop(0)
            wanted[REVISION_HISTORY] = ",".join(history)
    return {key: value for key, value in wanted.items() if present.get(key) != value}


def _copied(deployment: Deployment) -> dict[str, str]:
    return {key: value for key, value in deployment.metadata.annotations.items() if key not in NOT_COPIED}
