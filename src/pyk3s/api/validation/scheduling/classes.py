"""Rules of PriorityClasses and RuntimeClasses."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, metadata
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods, resources, scheduling

SYSTEM_PREFIX = "system-"
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
MOST_USER_PRIORITY = 1_000_000_000


def create_priority(value: Object, errors: Errors) -> None:
    name, priority = value["metadata"].get("name", ""), value.get("value", 0)
    if name.startswith(SYSTEM_PREFIX):
        if problem := _system_problem(name, priority, bool(value.get("globalDefault"))):
            told = f"priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only."
            errors.append(fields.forbidden("metadata.name", f"{told} error: {problem}"))
    elif priority > MOST_USER_PRIORITY:
        detail = f"maximum allowed value of a user defined priority is {MOST_USER_PRIORITY}"
        errors.append(fields.forbidden("value", detail))
    if (policy := value.get("preemptionPolicy")) is not None:
        checks.one_of(errors, policy, "preemptionPolicy", pods.PREEMPTION_POLICIES)


def _system_problem(name: str, priority: int, is_default: bool) -> str:
    expected = SYSTEM_CLASSES.get(name)
    if expected is None:
        return f"{name} is not a known system priority class"
    if priority != expected:
        return f"value of {name} PriorityClass must be {expected}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else ""


def update_priority(new: Object, old: Object, errors: Errors) -> None:
    if (new.get("value") or 0) != (old.get("value") or 0):
        errors.append(fields.forbidden("value", "may not be changed in an update."))
    checks.same_fields(errors, new, old, "", "preemptionPolicy")


def create_runtime(value: Object, errors: Errors) -> None:
    checks.text(errors, names.label, value.get("handler", ""), "handler")
    for name, given in ((value.get("overhead") or {}).get("podFixed") or {}).items():
        path = f"overhead.limits[{name}]"  # checked as limits of a container
        resources.container_resource_name(errors, name, path)
        resources.amount(errors, name, given, path)
    if steering := value.get("scheduling"):
        metadata.labels(steering.get("nodeSelector") or {}, "scheduling.nodeSelector", errors)
        _tolerations(steering.get("tolerations") or [], "scheduling.tolerations", errors)


def _tolerations(tolerations: list[Object], path: str, errors: Errors) -> None:
    scheduling.tolerations(tolerations, path, errors)
    seen: set[tuple[str, ...]] = set()
    for index, toleration in enumerate(tolerations):
        key = tuple(toleration.get(part, "") for part in ("key", "operator", "value", "effect"))
        if key in seen:
            errors.append(fields.duplicate(f"{path}[{index}]", internals.view(toleration, internals.TOLERATION)))
        seen.add(key)


def update_runtime(new: Object, old: Object, errors: Errors) -> None:
    checks.same_fields(errors, new, old, "", "handler")
