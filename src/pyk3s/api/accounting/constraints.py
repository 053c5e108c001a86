"""Under a quota of CPU or memory every container must state them, unless its pod does as a whole."""

from collections.abc import Iterable
from typing import Any

from pyk3s.api.accounting import usage
from pyk3s.api.accounting.amounts import read

JSON = dict[str, Any]
COMPUTE = frozenset(("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"))


def missing(spec: JSON, names: Iterable[str]) -> str:
    """What a pod must state and does not, in words: `limits.cpu for: main,side; ...`; empty if nothing."""
    demanded = COMPUTE.intersection(names) - _stated(spec)
    lacking = {
        name: sorted(
            container["name"]
            for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
            if name not in _stated(container)
        )
        for name in sorted(demanded)
    }
    return "; ".join(f"{name} for: {','.join(found)}" for name, found in lacking.items() if found)


def _stated(described: JSON) -> set[str]:
    resources = described.get("resources") or {}
    return {*usage.requested(read(resources.get("requests"))), *usage.limited(read(resources.get("limits")))}
