"""`matchLabelKeys` and `mismatchLabelKeys` of a new pod: the selector beside them gets a requirement for each of these
labels that the pod has, with the pod's own value, so that whoever schedules it needs to know selectors alone.
"""

from typing import Any

from pyk3s.api import pod_affinity

JSON = dict[str, Any]
OPERATORS = {"matchLabelKeys": "In", "mismatchLabelKeys": "NotIn"}


def merge(pod: JSON) -> None:
    """Complete the selectors of affinity and spread in place. One that is absent selects nothing, and stays so."""
    labels = pod["metadata"].get("labels") or {}
    spec = pod["spec"]
    for term in (*(spec.get("topologySpreadConstraints") or ()), *pod_affinity.terms(spec)):
        selector = term.get("labelSelector")
        if selector is None:
            continue
        for field, operator in OPERATORS.items():
            for key in term.get(field) or ():
                if key in labels:
                    added = {"key": key, "operator": operator, "values": [labels[key]]}
                    selector["matchExpressions"] = [*(selector.get("matchExpressions") or ()), added]
