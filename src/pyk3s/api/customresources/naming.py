"""Which names a definition gets: those that no other definition of its group has. Pure: definitions in, status out."""

from collections.abc import Iterable
from typing import Any

JSON = dict[str, Any]
NAMES_ACCEPTED, ESTABLISHED, TERMINATING = "NamesAccepted", "Established", "Terminating"
APPROVED = "KubernetesAPIApprovalPolicyConformant"
APPROVAL = "api-approved.kubernetes.io"
PROTECTED = ("k8s.io", "kubernetes.io")
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


def settle(definition: JSON, others: Iterable[JSON], now: str) -> JSON:
    """The status of a definition beside the others of its group; equal to the one it has if nothing changes."""
    spec, status = definition["spec"], definition.get("status") or {}
    accepted, conflict = _accepted(spec["names"], status.get("acceptedNames") or {}, others)
    conditions: list[JSON] = [dict(each) for each in status.get("conditions") or ()]
    if conflict is None:
        put(conditions, NAMES_ACCEPTED, "True", "NoConflicts", "no conflicts found", now)
        if not holds(definition, ESTABLISHED):
            told = "the initial names have been accepted"
            put(conditions, ESTABLISHED, "True", "InitialNamesAccepted", told, now)
    else:
        put(conditions, NAMES_ACCEPTED, "False", *conflict, now)
        if not holds(definition, ESTABLISHED):
            put(conditions, ESTABLISHED, "False", "NotAccepted", "not all names are accepted", now)
    _judge_approval(definition, conditions, now)
    return {**status, "conditions": conditions, "acceptedNames": accepted}


def holds(definition: JSON, type_: str) -> bool:
    """Whether a condition is true."""
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(each["type"] == type_ and each["status"] == "True" for each in conditions)


def put(conditions: list[JSON], type_: str, status: str, reason: str, message: str, now: str) -> None:
    """Set a condition; its time moves only with its status."""
    made = {"type": type_, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}
    for index, each in enumerate(conditions):
        if each["type"] == type_:
            if each["status"] == status:
                made["lastTransitionTime"] = each.get("lastTransitionTime", now)
            conditions[index] = made
            return
    conditions.append(made)


def _accepted(wanted: JSON, present: JSON, others: Iterable[JSON]) -> tuple[JSON, tuple[str, str] | None]:
    """The names that are or stay accepted, and the last conflict as (reason, message)."""
    taken: set[str] = set()
    kinds: set[str] = set()
    for other in others:
        names = (other.get("status") or {}).get("acceptedNames") or {}
        taken.update((names.get("plural", ""), names.get("singular", ""), *(names.get("shortNames") or ())))
        kinds.update((names.get("kind", ""), names.get("listKind", "")))
    accepted, conflict = {"plural": "", "kind": "", **present}, None
    for key, used in (
        ("plural", taken),
        ("singular", taken),
        ("shortNames", taken),
        ("kind", kinds),
        ("listKind", kinds),
    ):
        value = wanted.get(key)
        clashes = [name for name in (value if isinstance(value, list) else [value]) if name and name in used]
        if clashes:
            conflict = (f"{key[0].upper()}{key[1:]}Conflict", _told(clashes))
        elif value:
            accepted[key] = value
        elif key in accepted:
            del accepted[key]
    for key in ("categories",):
        accepted.pop(key, None)
        if wanted.get(key):
            accepted[key] = wanted[key]
    return accepted, conflict


def _told(clashes: list[str]) -> str:
    told = [f'"{name}" is already in use' for name in clashes]
    return told[0] if len(told) == 1 else f"[{', '.join(told)}]"


def _judge_approval(definition: JSON, conditions: list[JSON], now: str) -> None:
    """Groups of the Kubernetes project say whether its reviewers have agreed."""
    group = definition["spec"]["group"]
    if not any(group == domain or group.endswith(f".{domain}") for domain in PROTECTED):
        return
    said = (definition["metadata"].get("annotations") or {}).get(APPROVAL, "")
    if said.startswith("unapproved"):
        put(conditions, APPROVED, "False", "UnapprovedAnnotation", f'not approved: "{said}"', now)
    elif said:
        put(conditions, APPROVED, "True", "ApprovedAnnotation", f"approved in {said}", now)
