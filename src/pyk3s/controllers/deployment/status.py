"""The status of a Deployment: counts, availability and progress. Pure; reasons and messages as kubectl expects them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pyk3s.controllers.deployment.objects import Deployment, DeploymentStatus
from pyk3s.controllers.deployment.rollout import bounds, total
from pyk3s.controllers.objects import Condition, ReplicaSet, condition
from pyk3s.lib import timestamps

COMPLETE, DEADLINE = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"


class Note(NamedTuple):
    """What happened in this round that the Progressing condition should say."""

    status: str
    reason: str
    message: str


def counts(deployment: Deployment, current: ReplicaSet | None, others: Sequence[ReplicaSet]) -> DeploymentStatus:
    """The status without its conditions."""
    everything = [*others, *([current] if current else [])]
    available = sum(each.status.available_replicas for each in everything)
    return DeploymentStatus(
        observed_generation=deployment.metadata.generation,
        replicas=sum(each.status.replicas for each in everything),
        updated_replicas=current.status.replicas if current else 0,
        ready_replicas=sum(each.status.ready_replicas for each in everything),
        available_replicas=available,
        unavailable_replicas=max(0, total(everything) - available),
        terminating_replicas=sum(each.status.terminating_replicas or 0 for each in everything),
        collision_count=deployment.status.collision_count,
        conditions=deployment.status.conditions,
    )


def complete(deployment: Deployment, status: DeploymentStatus) -> bool:
    """Every pod is of the current template and available."""
    wanted = deployment.spec.replicas
    return (
        status.updated_replicas == status.replicas == status.available_replicas == wanted
        and status.observed_generation >= deployment.metadata.generation
    )


def full(
    deployment: Deployment,
    current: ReplicaSet | None,
    others: Sequence[ReplicaSet],
    *,
    now: float,
    note: Note | None = None,
    rolling: bool = True,
) -> DeploymentStatus:
    """The new status. `rolling` is False where progress is not judged: paused, or only being resized."""
    made = counts(deployment, current, others)
    conditions = _with_available(deployment, made, now)
    if note is not None:
        conditions = with_condition(conditions, Condition("Progressing", *note), now)
    if deployment.spec.deadline_s is None:
        conditions = [each for each in conditions if each.type != "Progressing"]
    elif rolling:
        conditions = _with_progress(deployment, made, conditions, current, now)
    made.conditions = _with_failure(conditions, [*others, *([current] if current else [])], now)
    return made


def deadline_in(deployment: Deployment, status: DeploymentStatus, now: float) -> float | None:
    """Seconds until the rollout must be judged late; None if it need not be looked at."""
    progress = condition(status.conditions, "Progressing")
    if deployment.spec.deadline_s is None or progress is None or progress.reason in (COMPLETE, DEADLINE):
        return None
    if complete(deployment, status) or progress.last_update_time is None:
        return None
    return max(1.0, timestamps.parse_rfc3339(progress.last_update_time) + deployment.spec.deadline_s - now + 1)


def with_condition(conditions: Sequence[Condition], new: Condition, now: float) -> list[Condition]:
    """Set a condition; unchanged status and reason change nothing, unchanged status keeps its time of transition."""
    present = condition(list(conditions), new.type)
    if present is not None and (present.status, present.reason) == (new.status, new.reason):
        return list(conditions)
    stamp = timestamps.rfc3339(now)
    kept = present is not None and present.status == new.status and present.last_transition_time
    dated = msgspec.structs.replace(new, last_update_time=stamp, last_transition_time=kept or stamp)
    return [*(each for each in conditions if each.type != new.type), dated]


def _with_available(deployment: Deployment, made: DeploymentStatus, now: float) -> list[Condition]:
    if made.available_replicas >= deployment.spec.replicas - bounds(deployment).unavailable:
        told = Condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        told = Condition(
            "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
        )
    return with_condition(deployment.status.conditions, told, now)


def _with_progress(
    deployment: Deployment,
    made: DeploymentStatus,
    conditions: list[Condition],
    current: ReplicaSet | None,
    now: float,
) -> list[Condition]:
    present = condition(conditions, "Progressing")
    if made.replicas == made.updated_replicas and present is not None and present.reason == COMPLETE:
        return conditions
    what = f'ReplicaSet "{current.metadata.name}"' if current else f'Deployment "{deployment.metadata.name}"'
    if complete(deployment, made):
        return with_condition(
            conditions, Condition("Progressing", "True", COMPLETE, f"{what} has successfully progressed."), now
        )
    if _moved(deployment.status, made):
        return _progressing(conditions, present, f"{what} is progressing.", now)
    if present is not None and _late(deployment, present, now):
        return with_condition(
            conditions, Condition("Progressing", "False", DEADLINE, f"{what} has timed out progressing."), now
        )
    return conditions


def _progressing(conditions: list[Condition], present: Condition | None, message: str, now: float) -> list[Condition]:
    """Progress renews the time of update, from which the deadline counts."""
    stamp = timestamps.rfc3339(now)
    kept = present.last_transition_time if present is not None and present.status == "True" else stamp
    made = Condition(
        "Progressing",
        "True",
        "ReplicaSetUpdated",
        message,
        last_update_time=stamp,
        last_transition_time=kept,
    )
    return [*(each for each in conditions if each.type != "Progressing"), made]


def _moved(before: DeploymentStatus, made: DeploymentStatus) -> bool:
    return (
        made.updated_replicas > before.updated_replicas
        or made.replicas - made.updated_replicas < before.replicas - before.updated_replicas
        or made.ready_replicas > before.ready_replicas
        or made.available_replicas > before.available_replicas
    )


def _late(deployment: Deployment, present: Condition, now: float) -> bool:
    if present.reason == DEADLINE:
        return True
    deadline = deployment.spec.deadline_s
    if deadline is None or present.reason == COMPLETE or present.last_update_time is None:
        return False
    return timestamps.parse_rfc3339(present.last_update_time) + deadline < now


def _with_failure(conditions: list[Condition], replica_sets: Sequence[ReplicaSet], now: float) -> list[Condition]:
    failures = [
        found
        for each in replica_sets[::-1]
        if (found := condition(each.status.conditions, "ReplicaFailure")) is not None
    ]
    if not failures:
        return [each for each in conditions if each.type != "ReplicaFailure"]
    return with_condition(
        conditions, Condition("ReplicaFailure", failures[0].status, failures[0].reason, failures[0].message), now
    )
