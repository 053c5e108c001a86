"""How a rollout goes on: given a Deployment and its ReplicaSets, to which size each should go now. Pure.

A step never leaves fewer than `replicas - maxUnavailable` pods available nor makes more than `replicas + maxSurge`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.controllers.deployment.objects import DESIRED, MOST, REVISION, Deployment
from pyk3s.controllers.deployment.templates import by_age
from pyk3s.controllers.objects import ReplicaSet


class Scale(NamedTuple):
    """Bring a ReplicaSet to `size` replicas."""

    replica_set: ReplicaSet
    size: int


class Bounds(NamedTuple):
    """How many pods may be too many, and how many missing, during a rolling update."""

    surge: int
    unavailable: int


def bounds(deployment: Deployment) -> Bounds:
    """maxSurge rounds up, maxUnavailable down; both zero would stand still, so one may be missing then."""
    rolling = deployment.spec.strategy.rolling_update
    if deployment.spec.strategy.type != "RollingUpdate" or rolling is None:
        return Bounds(0, 0)
    replicas = deployment.spec.replicas
    surge = math.ceil(_absolute(rolling.max_surge, replicas))
    unavailable = math.floor(_absolute(rolling.max_unavailable, replicas))
    if not surge and not unavailable:
        unavailable = 1
    return Bounds(surge, min(unavailable, replicas))


def _absolute(value: int | str, total: int) -> float:
    """A number as it is, a percentage of the total."""
    return value if isinstance(value, int) else total * int(value.rstrip("%")) / 100


def total(replica_sets: Sequence[ReplicaSet]) -> int:
    """Replicas asked of these ReplicaSets together."""
    return sum(each.spec.replicas for each in replica_sets)


def initial_size(deployment: Deployment, others: Sequence[ReplicaSet]) -> int:
    """With how many replicas a new ReplicaSet starts."""
    return _room(deployment, 0, total(others))


def _room(deployment: Deployment, current: int, everything: int) -> int:
    replicas = deployment.spec.replicas
    if deployment.spec.strategy.type != "RollingUpdate":
        return replicas
    room = replicas + bounds(deployment).surge - everything
    return current if room <= 0 else current + min(room, replicas - current)


def grow_current(deployment: Deployment, current: ReplicaSet, others: Sequence[ReplicaSet]) -> Scale | None:
    """The next size of the current ReplicaSet, if it changes."""
    size, replicas = current.spec.replicas, deployment.spec.replicas
    wanted = replicas if size > replicas else _room(deployment, size, size + total(others))
    return Scale(current, wanted) if wanted != size else None


def shrink_others(deployment: Deployment, current: ReplicaSet | None, others: Sequence[ReplicaSet]) -> list[Scale]:
    """How far old ReplicaSets may shrink: their unhealthy pods first, then as many as availability allows."""
    if not total(others):
        return []
    least = deployment.spec.replicas - bounds(deployment).unavailable
    coming = current.spec.replicas - current.status.available_replicas if current else 0
    everything = total(others) + (current.spec.replicas if current else 0)
    removable = everything - least - coming
    if removable <= 0:
        return []
    sizes = {each.metadata.uid: each.spec.replicas for each in others}
    for each in by_age(others):
        unhealthy = max(0, each.spec.replicas - each.status.available_replicas)
        taken = min(removable, unhealthy)
        sizes[each.metadata.uid] -= taken
        removable -= taken
    available = sum(each.status.available_replicas for each in others)
    spare = available + (current.status.available_replicas if current else 0) - least
    for each in by_age(others):
        taken = min(max(0, spare), sizes[each.metadata.uid])
        sizes[each.metadata.uid] -= taken
        spare -= taken
    return [Scale(each, sizes[each.metadata.uid]) for each in others if sizes[each.metadata.uid] != each.spec.replicas]


def rescale(deployment: Deployment, current: ReplicaSet | None, others: Sequence[ReplicaSet]) -> list[Scale]:
    """Follow a change of `spec.replicas` (or keep to it while paused) without going on with the rollout.

    Of several active ReplicaSets each gets its proportion, so that a rollout under way keeps its balance of risk.
    """
    everything = [*others, *([current] if current else [])]
    active = [each for each in everything if each.spec.replicas]
    if len(active) <= 1:
        newest = active or ([current] if current else by_age(others)[-1:])
        return [
            Scale(each, deployment.spec.replicas) for each in newest if each.spec.replicas != deployment.spec.replicas
        ]
    if current is not None and _saturated(deployment, current):
        return [Scale(each, 0) for each in others if each.spec.replicas]
    if deployment.spec.strategy.type != "RollingUpdate":
        return []
    return _proportional(deployment, active)


def _saturated(deployment: Deployment, current: ReplicaSet) -> bool:
    wanted = deployment.spec.replicas
    return current.spec.replicas == wanted == current.status.available_replicas


def _proportional(deployment: Deployment, active: Sequence[ReplicaSet]) -> list[Scale]:
    replicas = deployment.spec.replicas
    allowed = replicas + bounds(deployment).surge if replicas else 0
    add = allowed - total(active)
    newest_first = by_age(active)[::-1]
    order = newest_first if add > 0 else newest_first[::-1]
    order.sort(key=lambda each: -each.spec.replicas)
    left = add
    sizes: list[int] = []
    for each in order:
        share = _share(deployment, each, left) if add else 0
        sizes.append(each.spec.replicas + share)
        left -= share
    if sizes:
        sizes[0] = max(0, sizes[0] + left)
    return [Scale(each, size) for each, size in zip(order, sizes, strict=True) if size != each.spec.replicas]


def _share(deployment: Deployment, replica_set: ReplicaSet, left: int) -> int:
    """The part of the change that this ReplicaSet takes, between 0 and what is left."""
    replicas = deployment.spec.replicas
    if not replicas:
        fraction = -replica_set.spec.replicas
    else:
        before = int(replica_set.metadata.annotations.get(MOST) or 0) or deployment.status.replicas or replicas
        after = replicas + bounds(deployment).surge
        fraction = math.floor(replica_set.spec.replicas * after / before + 0.5) - replica_set.spec.replicas
    return max(0, min(fraction, left)) if left > 0 else min(0, max(fraction, left))


def was_rescaled(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> bool:
    """Whether `spec.replicas` changed since sizes were last set."""
    wanted = str(deployment.spec.replicas)
    return any(each.spec.replicas and each.metadata.annotations.get(DESIRED, wanted) != wanted for each in replica_sets)


def expendable(deployment: Deployment, others: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Old, empty ReplicaSets beyond the revision history limit, oldest revision first."""
    limit = deployment.spec.revision_history_limit
    if limit is None:
        return []
    surplus = len(others) - limit
    candidates = sorted(others, key=revision)[: max(0, surplus)]
    return [
        each
        for each in candidates
        if not each.spec.replicas
        and not each.status.replicas
        and each.status.observed_generation >= each.metadata.generation
        and each.metadata.deletion_timestamp is None
    ]


def revision(replica_set: ReplicaSet) -> int:
    """The revision that a ReplicaSet stands for; 0 if it says none."""
    text = replica_set.metadata.annotations.get(REVISION, "")
    return int(text) if text.isdigit() else 0
