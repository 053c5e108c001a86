"""The terms of a pod's affinity and anti-affinity to other pods."""

from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def terms(spec: JSON) -> Iterator[JSON]:
    """Every term of a pod's spec, required or preferred."""
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        stated = affinity.get(kind) or {}
        yield from stated.get(REQUIRED) or ()
        yield from (each.get("podAffinityTerm") or {} for each in stated.get(PREFERRED) or ())
