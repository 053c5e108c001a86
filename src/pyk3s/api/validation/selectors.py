"""Rules of label selectors, and whether one matches the labels of a template."""

from collections.abc import Mapping

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selector(value: Object, path: str, errors: Errors) -> None:
    """A metav1.LabelSelector."""
    for index, requirement in enumerate(value.get("matchExpressions") or ()):
        _requirement(requirement, f"{path}.matchExpressions[{index}]", errors)
    if label_map := value.get("matchLabels"):
        for key, wanted in label_map.items():
            checks.text(errors, names.qualified_name, key, f"{path}.matchLabels")
            for message in names.label_value(wanted):
                errors.append(fields.invalid(f"{path}.matchLabels", wanted, message))


def _requirement(requirement: Object, path: str, errors: Errors) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator in ("In", "NotIn"):
        checks.present(errors, values, f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(fields.forbidden(f"{path}.values", detail))
    else:
        errors.append(fields.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    checks.text(errors, names.qualified_name, requirement.get("key", ""), f"{path}.key")
    for index, value in enumerate(values):
        checks.text(errors, names.label_value, value, f"{path}.values[{index}]")


def usable(value: Object) -> bool:
    """Whether a selector is well formed enough to be matched."""
    found: Errors = []
    selector(value, "", found)
    return not found


def matches(value: Object | None, labels: Mapping[str, str]) -> bool:
    """Whether a well-formed selector matches; an absent one matches nothing, an empty one everything."""
    if value is None:
        return False
    wanted = value.get("matchLabels") or {}
    if any(labels.get(key) != label for key, label in wanted.items()):
        return False
    return all(_holds(requirement, labels) for requirement in value.get("matchExpressions") or ())


def _holds(requirement: Object, labels: Mapping[str, str]) -> bool:
    key, operator = requirement["key"], requirement["operator"]
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    return bool((labels.get(key) in requirement["values"]) == (operator == "In"))


def is_empty(value: Object) -> bool:
    return not value.get("matchLabels") and not value.get("matchExpressions")
