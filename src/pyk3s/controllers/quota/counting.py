"""Which resources a quota is about, and what of it is used. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyk3s.api import accounting, quantity
from pyk3s.api.accounting import usage
from pyk3s.client import resources

JSON = dict[str, Any]
COUNT = "count/"
CLAIM_NAMES = ("persistentvolumeclaims", "requests.storage")


def resource_of(name: str) -> str:
    """The resource (`pods`, `deployments.apps`) that a name in a quota's `hard` is about."""
    if name.startswith(COUNT):
        return name[len(COUNT) :]
    if name in usage.SHORT:
        return name
    if name in CLAIM_NAMES or f".{usage.CLASS_SUFFIX}/" in name:
        return "persistentvolumeclaims"
    return "services" if name == "services" or name.startswith("services.") else "pods"


def measured(name: str) -> bool:
    """Whether objects must be looked at to count them, not only told apart."""
    return resource_of(name) in ("pods", "services", "persistentvolumeclaims")


def used(spec: JSON, found: Mapping[str, tuple[resources.ResourceRef, Iterable[JSON] | int]]) -> dict[str, str]:
    """What of every name in `hard` is used: objects, or how many there are, by resource."""
    hard = spec.get("hard") or {}
    totals = dict.fromkeys(hard, quantity.ZERO)
    scoped = bool(spec.get("scopes") or spec.get("scopeSelector"))
    for qualified, (ref, objects) in found.items():
        if isinstance(objects, int):
            if not scoped:
                for name in (qualified, f"{COUNT}{qualified}"):
                    if name in totals:
                        totals[name] = quantity.from_int(objects)
            continue
        for obj in objects:
            if accounting.covers(spec, ref, obj):
                for name, amount in accounting.used(ref, obj).items():
                    if name in totals:
                        totals[name] += amount
    return {name: str(total) for name, total in totals.items()}
