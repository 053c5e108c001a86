"""What the workloads share: selectors that match their templates, pods that always restart, counts in status."""

from pyk3s.api import fields
from pyk3s.api.validation import checks, selectors
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

MISMATCH = "`selector` does not match template `labels`"
ABOVE_REPLICAS = "cannot be greater than status.replicas"


def required_selector(value: Object | None, path: str, errors: Errors, empty: str) -> None:
    """A selector that must be there and may not match everything; `empty` is said of one that does."""
    if value is None:
        errors.append(fields.required(path))
        return
    selectors.selector(value, path, errors)
    if selectors.is_empty(value):
        errors.append(fields.invalid(path, pruned(value), empty))


def pruned(selector: Object | None) -> Object | None:
    """A selector as messages print it: without its empty parts."""
    return None if selector is None else {key: part for key, part in selector.items() if part}


def template_labels(template: Object) -> dict[str, str]:
    return (template.get("metadata") or {}).get("labels") or {}


def selects(selector: Object | None, path: str, errors: Errors, unusable: str) -> bool:
    """Whether a selector can be asked at all; `unusable` is said of one that cannot, whose template goes unchecked."""
    if selector is None or selectors.usable(selector):
        return True
    errors.append(fields.invalid(path, pruned(selector), unusable))
    return False


def matching_labels(selector: Object | None, template: Object, path: str, errors: Errors) -> None:
    """The pods that a workload makes must be those that it finds again. `path` is that of the template."""
    if selector is not None and (selectors.is_empty(selector) or not selectors.usable(selector)):
        return
    labels = template_labels(template)
    if not selectors.matches(selector, labels):
        errors.append(fields.invalid(f"{path}.metadata.labels", checks.sorted_map(labels), MISMATCH))


def always_restarts(template: Object, path: str, errors: Errors, kind: str) -> None:
    """No template of a lasting workload may let its pods end."""
    spec = template.get("spec") or {}
    if (policy := spec.get("restartPolicy")) != "Always":
        errors.append(fields.not_supported(f"{path}.spec.restartPolicy", policy, ["Always"]))
    if spec.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        errors.append(fields.forbidden(f"{path}.spec.activeDeadlineSeconds", detail))


def replicated_template(selector: Object | None, template: Object, path: str, errors: Errors) -> None:
    """The template of a Deployment or ReplicaSet."""
    if not selects(selector, "spec.selector", errors, "invalid label selector"):
        return
    matching_labels(selector, template, path, errors)
    pods.template(template, path, errors)
    always_restarts(template, path, errors, "ReplicaSet")


def same_selector(new: Object, old: Object, errors: Errors) -> None:
    after, before = (each.get("spec", {}).get("selector") for each in (new, old))
    if pruned(after) != pruned(before):
        errors.append(fields.invalid("spec.selector", pruned(after), checks.IMMUTABLE))


def counts(
    status: Object, errors: Errors, *, all_of: tuple[str, ...], within: tuple[str, ...], ready: str = ""
) -> None:
    """Counts of a status: not negative, none above the replicas; `ready` is said of more available than ready ones."""
    checks.not_negative_fields(errors, status, "status", *all_of)
    replicas = status.get("replicas") or 0
    for key in within:
        if (count := status.get(key) or 0) > replicas:
            errors.append(fields.invalid(f"status.{key}", count, ABOVE_REPLICAS))
    if ready and (available := status.get("availableReplicas") or 0) > (status.get("readyReplicas") or 0):
        errors.append(fields.invalid("status.availableReplicas", available, ready))


def no_fewer_collisions(new: Object, old: Object, errors: Errors) -> None:
    after, before = ((each.get("status") or {}).get("collisionCount") for each in (new, old))
    if before is not None and (after or 0) < before:
        errors.append(fields.invalid("status.collisionCount", after or 0, "cannot be decremented"))
