"""Rules of HorizontalPodAutoscalers, in the form of `autoscaling/v2`, and of Scale."""

from pyk3s.api import fields, names
from pyk3s.api.conversion import autoscalers as conversion
from pyk3s.api.validation import checks, selectors
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import resources

SOURCES = {  # in the order in which the API looks at them
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
TARGET_TYPES = ("AverageValue", "Utilization", "Value")
FIRST_VERSION = "autoscaling/v1"
SELECT_POLICIES = ("Disabled", "Max", "Min")
POLICY_TYPES = ("Percent", "Pods")
MOST_WINDOW_S, MOST_PERIOD_S = 3600, 1800


def create(autoscaler: Object, errors: Errors) -> None:
    if autoscaler.get("apiVersion") == FIRST_VERSION:
        autoscaler = conversion.to_v2({"status": {}, "spec": {}, **autoscaler})
    spec = autoscaler.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and least < 1:
        errors.append(fields.invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        errors.append(fields.required("spec.maxReplicas", "must be set and greater than 0"))
    if least is not None and most < least:
        detail = "must be greater than or equal to `minReplicas`"
        errors.append(fields.invalid("spec.maxReplicas", most, detail))
    _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef", errors)
    for index, metric in enumerate(spec.get("metrics") or ()):
        _metric(metric, f"spec.metrics[{index}]", errors)
    for direction in ("scaleUp", "scaleDown"):
        if rules := (spec.get("behavior") or {}).get(direction):
            _scaling(rules, f"spec.behavior.{direction}", errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    checks.not_negative_fields(errors, new.get("status") or {}, "status", "currentReplicas", "desiredReplicas")


def _reference(reference: Object, path: str, errors: Errors) -> None:
    for key in ("kind", "name"):
        checks.required_text(errors, names.path_segment, reference.get(key), f"{path}.{key}")
    group, slash, version = (reference.get("apiVersion") or "").rpartition("/")
    if "/" in group:
        detail = f"unexpected GroupVersion string: {reference['apiVersion']}"
        errors.append(fields.invalid(f"{path}.apiVersion", reference["apiVersion"], detail))
    elif slash and not version:
        errors.append(fields.invalid(f"{path}.apiVersion", reference["apiVersion"], "must not be empty"))


def _metric(metric: Object, path: str, errors: Errors) -> None:
    kind = metric.get("type", "")
    given = [key for key in SOURCES.values() if metric.get(key) is not None]
    if not kind:
        errors.append(fields.required(f"{path}.type", "must specify a metric source type"))
    if (wanted := SOURCES.get(kind)) is None:
        errors += [fields.not_supported(f"{path}.type", kind, sorted(SOURCES))] * 2  # checked in two places
    if given:
        _source(given[0], metric[given[0]], f"{path}.{given[0]}", errors)
    if wanted and wanted not in given:
        detail = "must populate information for the given metric source"
        errors.append(fields.required(f"{path}.{wanted}", detail))
    for key in given if len(given) > 1 else ():
        if key != wanted:
            errors.append(fields.forbidden(f"{path}.{key}", "must populate the given metric source only"))


def _source(key: str, source: Object, path: str, errors: Errors) -> None:
    if key in ("resource", "containerResource"):
        checks.present(errors, source.get("name"), f"{path}.name", "must specify a resource name")
        if key == "containerResource":
            if name := source.get("name"):
                resources.container_resource_name(errors, name, f"{path}.name")
            detail = "must specify a container"
            checks.required_text(errors, names.label, source.get("container"), f"{path}.container", detail)
    else:
        metric = source.get("metric") or {}
        checks.required_text(errors, names.path_segment, metric.get("name"), f"{path}.metric.name")
        if selector := metric.get("selector"):
            selectors.selector(selector, f"{path}.metric.selector", errors)
    if key == "object":
        _reference(source.get("describedObject") or {}, f"{path}.describedObject", errors)
    _target(key, source.get("target") or {}, f"{path}.target", errors)


def _target(key: str, target: Object, path: str, errors: Errors) -> None:
    kind = target.get("type", "")
    if not kind:
        errors.append(fields.required(f"{path}.type", "must specify a metric target type"))
    if kind not in TARGET_TYPES:
        errors.append(fields.invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue"))
    for field in ("value", "averageValue"):
        if (given := target.get(field)) is not None and checks.amount(given).nanos <= 0:
            errors.append(fields.invalid(f"{path}.{field}", str(checks.amount(given)), "must be positive"))
    utilization, average = target.get("averageUtilization"), target.get("averageValue")
    checks.positive(errors, utilization, f"{path}.averageUtilization")
    if key in ("resource", "containerResource"):
        if utilization is None and average is None:
            detail = "must set either a target raw value or a target utilization"
            errors.append(fields.required(f"{path}.averageUtilization", detail))
        if utilization is not None and average is not None:
            detail = "may not set both a target raw value and a target utilization"
            errors.append(fields.forbidden(f"{path}.averageValue", detail))
    elif key == "pods":
        if average is None:
            errors.append(fields.required(f"{path}.averageValue", "must specify a positive target averageValue"))
    elif target.get("value") is None and average is None:
        of_others = "value for metric or a per-pod target"
        detail = f"must set either a target {of_others if key == 'external' else 'value or averageValue'}"
        errors.append(fields.required(f"{path}.averageValue", detail))
    elif key == "external" and target.get("value") is not None and average is not None:
        detail = "may not set both a target value for metric and a per-pod target"
        errors.append(fields.forbidden(f"{path}.value", detail))


def _scaling(rules: Object, path: str, errors: Errors) -> None:
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and window < 0:
        errors.append(
            fields.invalid(f"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero")
        )
    if window is not None and window > MOST_WINDOW_S:
        detail = f"must be less than or equal to {MOST_WINDOW_S}"
        errors.append(fields.invalid(f"{path}.stabilizationWindowSeconds", window, detail))
    if (select := rules.get("selectPolicy")) is not None:
        checks.one_of(errors, select, f"{path}.selectPolicy", SELECT_POLICIES)
    policies = rules.get("policies") or []
    checks.present(errors, policies, f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        at = f"{path}.policies[{index}]"
        checks.one_of(errors, policy.get("type"), f"{at}.type", POLICY_TYPES)
        for key in ("value", "periodSeconds"):
            if (number := policy.get(key) or 0) <= 0:
                errors.append(fields.invalid(f"{at}.{key}", number, "must be greater than zero"))
        if (period := policy.get("periodSeconds") or 0) > MOST_PERIOD_S:
            detail = f"must be less than or equal to {MOST_PERIOD_S}"
            errors.append(fields.invalid(f"{at}.periodSeconds", period, detail))


def scale(value: Object, errors: Errors) -> None:
    """The body of a `scale` sub-resource."""
    checks.not_negative_fields(errors, value.get("spec") or {}, "spec", "replicas")
