"""Which objects a quota with scopes counts: pods by class, deadline and priority, claims by attributes class."""

from typing import Any

from pyk3s.api import pod_affinity, quality_of_service
from pyk3s.api.accounting.counted import Counted

JSON = dict[str, Any]
_OPPOSITE = {"NotTerminating": "Terminating", "NotBestEffort": "BestEffort"}


def covers(spec: JSON, resource: Counted, obj: JSON) -> bool:
    """Whether a quota's spec selects an object; one without scopes selects everything."""
    wanted = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()]
    wanted += (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    if not wanted:
        return True
    if resource.group or resource.plural not in ("pods", "persistentvolumeclaims"):
        return False
    selects = _selects_pod if resource.plural == "pods" else _selects_claim
    return all(selects(requirement, obj) for requirement in wanted)


def _selects_pod(requirement: JSON, pod: JSON) -> bool:
    scope, spec = requirement["scopeName"], pod["spec"]
    if scope == "PriorityClass":
        return _names(requirement, spec.get("priorityClassName") or "")
    state = {
        "Terminating": (spec.get("activeDeadlineSeconds") or -1) >= 0,
        "BestEffort": quality_of_service.of(spec) == quality_of_service.BEST_EFFORT,
        "CrossNamespacePodAffinity": _crosses_namespaces(spec),
    }
    if scope in _OPPOSITE:
        return not state[_OPPOSITE[scope]]
    return state.get(scope, False)


def _selects_claim(requirement: JSON, claim: JSON) -> bool:
    if requirement["scopeName"] != "VolumeAttributesClass":
        return False
    status = claim.get("status") or {}
    names = {
        claim["spec"].get("volumeAttributesClassName") or "",
        status.get("currentVolumeAttributesClassName") or "",
        (status.get("modifyVolumeStatus") or {}).get("targetVolumeAttributesClassName") or "",
    } - {""}
    return any(_names(requirement, name) for name in names or {""})


def _names(requirement: JSON, name: str) -> bool:
    values = requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return name in values
        case "NotIn":
            return name not in values
        case "DoesNotExist":
            return not name
    return bool(name)


def _crosses_namespaces(spec: JSON) -> bool:
    return any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in pod_affinity.terms(spec))
