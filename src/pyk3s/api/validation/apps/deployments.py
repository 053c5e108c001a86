"""Rules of Deployments."""

from pyk3s.api import fields
from pyk3s.api.validation import checks, internals
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.checks import Errors, Object

STRATEGIES = ("Recreate", "RollingUpdate")
COUNTS = (
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "collisionCount",
)


def create(deployment: Object, errors: Errors) -> None:
    spec = deployment.get("spec") or {}
    checks.not_negative_fields(errors, spec, "spec", "replicas")
    selector = spec.get("selector")
    workloads.required_selector(selector, "spec.selector", errors, "empty selector is invalid for deployment")
    workloads.replicated_template(selector, spec.get("template") or {}, "spec.template", errors)
    _strategy(spec.get("strategy") or {}, "spec.strategy", errors)
    checks.not_negative_fields(
        errors, spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        errors.append(fields.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))


def _strategy(strategy: Object, path: str, errors: Errors) -> None:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            detail = "may not be specified when strategy `type` is 'Recreate'"
            errors.append(fields.forbidden(f"{path}.rollingUpdate", detail))
    elif kind != "RollingUpdate":
        errors.append(fields.not_supported(path, internals.view(strategy, internals.STRATEGY), list(STRATEGIES)))
    elif rolling is None:
        errors.append(fields.required(f"{path}.rollingUpdate", "this should be defaulted and never be nil"))
    else:
        _rolling(rolling, f"{path}.rollingUpdate", errors)


def _rolling(rolling: Object, path: str, errors: Errors) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    checks.count_or_percent(errors, unavailable, f"{path}.maxUnavailable")
    checks.count_or_percent(errors, surge, f"{path}.maxSurge")
    if not checks.number_of(unavailable) and not checks.number_of(surge):
        errors.append(fields.invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0"))
    checks.at_most_hundred_percent(errors, unavailable, f"{path}.maxUnavailable")


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    workloads.same_selector(new, old, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    workloads.counts(
        new.get("status") or {},
        errors,
        all_of=COUNTS,
        within=("updatedReplicas", "readyReplicas", "availableReplicas"),
        ready="cannot be greater than readyReplicas",
    )
    workloads.no_fewer_collisions(new, old, errors)
