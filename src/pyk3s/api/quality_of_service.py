"""The quality of service of a pod, from the CPU and memory that its containers, or the pod as a whole, ask for.

What is only limited is requested alike; an amount of zero counts as none (Kubernetes documentation, "Pod Quality of
Service Classes").
"""

from typing import Any

from pyk3s.api import quantity

JSON = dict[str, Any]
BEST_EFFORT, BURSTABLE, GUARANTEED = "BestEffort", "Burstable", "Guaranteed"
COUNTED = ("cpu", "memory")


def of(spec: JSON) -> str:
    """Guaranteed if everything is limited to what it requests, BestEffort if nothing is said, else Burstable."""
    described = (
        [spec] if spec.get("resources") else [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    )
    asks, guaranteed = False, True
    for each in described:
        resources = each.get("resources") or {}
        stated = resources.get("limits") or {}
        limits = _amounts(stated)
        requests = _amounts({**stated, **(resources.get("requests") or {})})
        asks = asks or bool(requests or limits)
        guaranteed = guaranteed and len(limits) == len(COUNTED) and requests == limits
    if not asks:
        return BEST_EFFORT
    return GUARANTEED if guaranteed else BURSTABLE


def _amounts(stated: JSON) -> dict[str, int]:
    """The amounts above zero, in nanos."""
    amounts = {}
    if stated:
        for name in COUNTED:
            if name in stated and (nanos := quantity.of(stated[name]).nanos) > 0:
                amounts[name] = nanos
    return amounts
