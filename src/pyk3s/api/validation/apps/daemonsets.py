"""Rules of DaemonSets, and of the ControllerRevisions that DaemonSets and StatefulSets keep."""

from pyk3s.api import fields
from pyk3s.api.validation import checks, internals, selectors
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

STRATEGIES = ("RollingUpdate", "OnDelete")
COUNTS = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
)


def create(daemon_set: Object, errors: Errors) -> None:
    spec = daemon_set.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is not None:  # one that is absent matches no template, which says enough
        selectors.selector(selector, "spec.selector", errors)
        if selectors.is_empty(selector):
            empty = "empty selector is invalid for daemonset"
            errors.append(fields.invalid("spec.selector", workloads.pruned(selector), empty))
    workloads.matching_labels(selector, template, "spec.template", errors)
    pods.template(template, "spec.template", errors)
    workloads.always_restarts(template, "spec.template", errors, "DaemonSet")
    checks.not_negative_fields(errors, spec, "spec", "minReadySeconds")
    _strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy", errors)
    checks.not_negative_fields(errors, spec, "spec", "revisionHistoryLimit")


def _strategy(strategy: Object, path: str, errors: Errors) -> None:
    kind = strategy.get("type")
    if kind == "RollingUpdate":
        if (rolling := strategy.get("rollingUpdate")) is None:
            errors.append(fields.required(f"{path}.rollingUpdate"))
        else:
            _rolling(rolling, f"{path}.rollingUpdate", errors)
    elif kind != "OnDelete":
        errors.append(fields.not_supported(path, internals.view(strategy, internals.STRATEGY), list(STRATEGIES)))


def _rolling(rolling: Object, path: str, errors: Errors) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    some_down, some_extra = checks.number_of(unavailable), checks.number_of(surge)
    if some_down and some_extra:
        errors.append(fields.invalid(f"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero"))
    if not some_down and not some_extra:
        errors.append(fields.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    for key, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        checks.count_or_percent(errors, value, f"{path}.{key}")
        checks.at_most_hundred_percent(errors, value, f"{path}.{key}")


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    workloads.same_selector(new, old, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    checks.not_negative_fields(errors, new.get("status") or {}, "status", *COUNTS)
    workloads.no_fewer_collisions(new, old, errors)


def create_revision(revision: Object, errors: Errors) -> None:
    if revision.get("data") is None:
        errors.append(fields.required("data", "data is mandatory"))
    checks.not_negative_fields(errors, revision, "", "revision")


def update_revision(new: Object, old: Object, errors: Errors) -> None:
    create_revision(new, errors)
    checks.same(errors, new.get("data"), old.get("data"), "data")
