"""`matchLabelKeys` and `mismatchLabelKeys` of a new pod: the selector beside them gets a requirement for each of these
labels that the pod has, with the pod's own value, so that whoever schedules it needs to know selectors alone.
"""

from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
OPERATORS = {"matchLabelKeys": "In", "mismatchLabelKeys": "NotIn"}
REQUIRED, PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)


def merge(pod: JSON) -> None:
    """Complete the selectors of affinity and spread in place. One that is absent selects nothing, and stays so."""
    labels = pod["metadata"].get("labels") or {}
    for term in _terms(pod["spec"]):
        selector = term.get("labelSelector")
        if selector is None:
            continue
        for field, operator in OPERATORS.items():
            for key in term.get(field) or ():
                if key in labels:
                    added = {"key": key, "operator": operator, "values": [labels[key]]}
                    selector["matchExpressions"] = [*(selector.get("matchExpressions") or ()), added]


def _terms(spec: JSON) -> Iterator[JSON]:
    """Everything in a pod's spec that selects other pods."""
    yield from spec.get("topologySpreadConstraints") or ()
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        stated = affinity.get(kind) or {}
        yield from stated.get(REQUIRED) or ()
        yield from (each.get("podAffinityTerm") or {} for each in stated.get(PREFERRED) or ())
