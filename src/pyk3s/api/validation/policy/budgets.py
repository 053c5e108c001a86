"""Rules of PodDisruptionBudgets."""

from pyk3s.api import fields
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.checks import Errors, Object

EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def create(budget: Object, errors: Errors) -> None:
    spec = budget.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        shown = internals.view(spec, internals.DISRUPTION_BUDGET)
        errors.append(fields.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for key in ("minAvailable", "maxUnavailable"):
        if (value := spec.get(key)) is not None:
            checks.count_or_percent(errors, value, f"spec.{key}")
            checks.at_most_hundred_percent(errors, value, f"spec.{key}")
    if selector := spec.get("selector"):
        selectors.selector(selector, "spec.selector", errors)
    if (policy := spec.get("unhealthyPodEvictionPolicy")) is not None:
        checks.one_of(errors, policy, "spec.unhealthyPodEvictionPolicy", EVICTION_POLICIES)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    checks.not_negative_fields(errors, new.get("status") or {}, "status", *COUNTS)
