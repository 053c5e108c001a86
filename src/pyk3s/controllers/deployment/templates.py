"""Comparing pod templates, and naming ReplicaSets after them. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pyk3s.controllers.deployment.objects import HASH_LABEL, Deployment
from pyk3s.controllers.objects import ReplicaSet

SAFE = "bcdfghjklmnpqrstvwxz2456789"  # no vowels, no look-alikes: names must not spell words


def bare(template: bytes | msgspec.Raw) -> dict[str, Any]:
    """The template without the hash label and what the server writes for nothing."""
    decoded: dict[str, Any] = msgspec.json.decode(template)
    metadata = {key: value for key, value in (decoded.get("metadata") or {}).items() if value}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    metadata["labels"] = labels
    return {"metadata": metadata, "spec": decoded.get("spec") or {}}


def template_hash(template: dict[str, Any], collisions: int) -> str:
    """A short name for a template: FNV-1a over its canonical JSON, in letters that are safe in names."""
    data = msgspec.json.encode(template, order="sorted") + (str(collisions).encode() if collisions else b"")
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(SAFE[ord(digit) % len(SAFE)] for digit in str(value))


def by_age(replica_sets: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Oldest first."""
    return sorted(replica_sets, key=lambda each: (each.metadata.creation_timestamp or "", each.metadata.name))


def find_current(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet that has the Deployment's template; the oldest, should there be several."""
    wanted = bare(deployment.spec.template)
    return next((each for each in by_age(replica_sets) if bare(each.spec.template) == wanted), None)
