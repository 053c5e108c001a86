"""Rules of LimitRanges and ResourceQuotas."""

from pyk3s.api import fields, names, quantity
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import resources

LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
LIMIT_SIDES = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
SCOPES = frozenset(
    {
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    }
)
CONFLICTS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
POD_COMPUTE = frozenset(
    {"cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory", "requests.storage", "pods"}
    | {"ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"}
)
Amounts = dict[str, quantity.Quantity]


def create_limit_range(limit_range: Object, errors: Errors) -> None:
    seen: set[str] = set()
    for index, limit in enumerate((limit_range.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{index}]", limit.get("type", "")
        checks.text(errors, names.qualified_name, kind, f"{path}.type")
        if kind and "/" not in kind and kind not in LIMIT_TYPES:
            detail = "must be a standard limit type or fully qualified"
            errors.append(fields.invalid(f"{path}.type", kind, detail))
        if kind in seen:
            errors.append(fields.duplicate(f"{path}.type", kind))
        seen.add(kind)
        _limit(limit, kind, path, errors)


def update_limit_range(new: Object, old: Object, errors: Errors) -> None:
    create_limit_range(new, errors)


def _limit(limit: Object, kind: str, path: str, errors: Errors) -> None:
    measured: dict[str, Amounts] = {}
    for side in LIMIT_SIDES:
        given = limit.get(side) or {}
        if kind == "Pod" and side.startswith("default"):
            if given:
                errors.append(fields.forbidden(f"{path}.{side}", "may not be specified when `type` is 'Pod'"))
            given = {}
        named = resources.container_resource_name if kind in ("Pod", "Container") else resources.resource_name
        for name in given:
            named(errors, name, f"{path}.{side}[{name}]")
        measured[side] = {name: quantity.of(value) for name, value in given.items()}
    if kind == "PersistentVolumeClaim" and "storage" not in measured["min"] and "storage" not in measured["max"]:
        detail = "either minimum or maximum storage value is required, but neither was provided"
        errors.append(fields.required(f"{path}.limits", detail))
    for name in sorted({name for amounts in measured.values() for name in amounts}):
        _ordered(name, measured, path, errors)


def _ordered(name: str, measured: dict[str, Amounts], path: str, errors: Errors) -> None:
    """min <= default request <= default <= max, as far as they are given."""
    least, most = measured["min"].get(name), measured["max"].get(name)
    default, request = measured["default"].get(name), measured["defaultRequest"].get(name)

    def refuse(side: str, shown: quantity.Quantity, detail: str) -> None:
        errors.append(fields.invalid(f"{path}.{side}[{name}]", str(shown), detail))

    if least is not None and most is not None and least > most:
        refuse("min", least, f"min value {least} is greater than max value {most}")
    if request is not None:
        if least is not None and least > request:
            refuse("defaultRequest", request, f"min value {least} is greater than default request value {request}")
        if most is not None and request > most:
            refuse("defaultRequest", request, f"default request value {request} is greater than max value {most}")
        if default is not None and request > default:
            detail = f"default request value {request} is greater than default limit value {default}"
            refuse("defaultRequest", request, detail)
    if default is not None:
        if least is not None and least > default:
            refuse("default", least, f"min value {least} is greater than default value {default}")
        if most is not None and default > most:
            refuse("default", most, f"default value {default} is greater than max value {most}")
    _ratio(name, measured, path, errors)


def _ratio(name: str, measured: dict[str, Amounts], path: str, errors: Errors) -> None:
    ratio = measured["maxLimitRequestRatio"].get(name)
    if ratio is None:
        return
    at = f"{path}.maxLimitRequestRatio[{name}]"
    if ratio < quantity.from_int(1):
        errors.append(fields.invalid(at, str(ratio), f"ratio {ratio} is less than 1"))
    least, most = measured["min"].get(name), measured["max"].get(name)
    if least and most and ratio.nanos * least.nanos > most.nanos * quantity.NANOS:
        widest = most.nanos / least.nanos
        errors.append(fields.invalid(at, str(ratio), f"ratio {ratio} is greater than max/min = {widest:f}"))


def create_quota(quota: Object, errors: Errors) -> None:
    spec = quota.get("spec") or {}
    _amounts(spec.get("hard") or {}, "spec.hard", errors)
    if scopes := spec.get("scopes"):
        _scopes(scopes, scopes, spec.get("hard") or {}, "spec.scopes", errors)
    if selector := spec.get("scopeSelector"):
        _scope_selector(selector, spec.get("hard") or {}, "spec.scopeSelector.matchExpressions", errors)


def _amounts(given: Object, path: str, errors: Errors) -> None:
    for name, value in given.items():
        at = f"{path}[{name}]"
        resources.resource_name(errors, name, at)
        if "/" not in name and not _for_quota(name):
            errors.append(fields.invalid(at, name, "must be a standard resource for quota"))
        resources.amount(errors, name, value, at)


def _for_quota(name: str) -> bool:
    return name in resources.QUOTA_RESOURCES or name.startswith(("hugepages-", "requests.hugepages-"))


def _scopes(scopes: list[str], shown: object, hard: Object, path: str, errors: Errors) -> None:
    for scope in scopes:
        if scope not in SCOPES:
            errors.append(fields.invalid(path, shown, "unsupported scope"))
        for name in hard:
            if _for_quota(name) and not _scope_fits(scope, name):
                errors.append(fields.invalid(path, shown, "unsupported scope applied to resource"))
    if any(conflict <= set(scopes) for conflict in CONFLICTS):
        errors.append(fields.invalid(path, shown, "conflicting scopes"))


def _scope_fits(scope: str, name: str) -> bool:
    if scope == "BestEffort":
        return name == "pods"
    if scope == "VolumeAttributesClass":
        return name in ("persistentvolumeclaims", "requests.storage")
    if scope in ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"):
        return name in POD_COMPUTE or name.startswith(("hugepages-", "requests.hugepages-"))
    return True


def _scope_selector(selector: Object, hard: Object, path: str, errors: Errors) -> None:
    requirements = selector.get("matchExpressions") or []
    for index, requirement in enumerate(requirements):
        scope, operator = requirement.get("scopeName", ""), requirement.get("operator", "")
        values, at = requirement.get("values") or [], f"{path}[{index}]"
        if scope not in SCOPES:
            errors.append(fields.invalid(f"{at}.scopeName", scope, "unsupported scope"))
        for name in hard:
            if _for_quota(name) and not _scope_fits(scope, name):
                errors.append(fields.invalid(path, selector, "unsupported scope applied to resource"))
        if scope not in ("PriorityClass", "VolumeAttributesClass") and operator != "Exists":
            detail = (
                "must be 'Exist' when scope is any of Terminating, NotTerminating, BestEffort, NotBestEffort "
                "or CrossNamespacePodAffinity"
            )
            errors.append(fields.invalid(f"{at}.operator", operator, detail))
        if operator in ("In", "NotIn"):
            detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            checks.present(errors, values, f"{at}.values", detail)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                detail = "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector"
                errors.append(fields.invalid(f"{at}.values", values, detail))
        else:
            errors.append(fields.invalid(f"{at}.operator", operator, "not a valid selector operator"))
    named = {requirement.get("scopeName") for requirement in requirements}
    if any(conflict <= named for conflict in CONFLICTS):
        errors.append(fields.invalid(path, selector, "conflicting scopes"))


def update_quota(new: Object, old: Object, errors: Errors) -> None:
    create_quota(new, errors)
    after, before = new.get("spec") or {}, old.get("spec") or {}
    for key in ("scopes",):
        if sorted(after.get(key) or []) != sorted(before.get(key) or []):
            errors.append(fields.invalid(f"spec.{key}", after.get(key), checks.IMMUTABLE))


def update_quota_status(new: Object, old: Object, errors: Errors) -> None:
    status = new.get("status") or {}
    for key in ("hard", "used"):
        _amounts(status.get(key) or {}, f"status.{key}", errors)
