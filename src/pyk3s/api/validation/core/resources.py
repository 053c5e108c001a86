"""Names and amounts of resources, in containers, pods, quotas and limits."""

from typing import Any

from pyk3s.api import fields, names, quantity
from pyk3s.api.accounting import amounts
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

HUGE_PAGES = "hugepages-"
NATIVE_DOMAIN = "kubernetes.io/"
CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
POD_LEVEL_RESOURCES = frozenset({"cpu", "memory"})
QUOTA_COUNTS = frozenset(
    {
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
QUOTA_RESOURCES = QUOTA_COUNTS | {
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
}
STANDARD_RESOURCES = QUOTA_RESOURCES | {"storage"}


def is_native(name: str) -> bool:
    """Resources of Kubernetes itself, as against those of device plug-ins."""
    return "/" not in name or NATIVE_DOMAIN in name


def is_overcommittable(name: str) -> bool:
    return is_native(name) and not name.startswith(HUGE_PAGES)


def is_extended(name: str) -> bool:
    """A resource of somebody else's domain."""
    return not is_native(name) and not name.startswith("requests.") and not names.qualified_name(f"requests.{name}")


def is_standard(name: str) -> bool:
    return name in STANDARD_RESOURCES or name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}"))


def resource_name(errors: Errors, name: str, path: str) -> None:
    """A qualified name; without a domain it must be one that Kubernetes knows."""
    if wrong := names.qualified_name(name):
        errors.extend(fields.invalid(path, name, message) for message in wrong)
    elif "/" not in name and not is_standard(name):
        errors.append(fields.invalid(path, name, "must be a standard resource type or fully qualified"))


def container_resource_name(errors: Errors, name: str, path: str) -> None:
    if name in CONTAINER_RESOURCES:
        return
    resource_name(errors, name, path)
    if "/" not in name:
        if not name.startswith(HUGE_PAGES):
            errors.append(fields.invalid(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        errors.append(fields.invalid(path, name, "doesn't follow extended resource name standard"))


def amount(errors: Errors, name: str, value: Any, path: str) -> quantity.Quantity:
    """A quantity that is not negative, and whole where the resource is counted."""
    measured = quantity.of(value)
    if measured.nanos < 0:
        errors.append(fields.invalid(path, str(measured), checks.NOT_NEGATIVE))
    if (name in QUOTA_COUNTS or not is_native(name)) and not measured.whole:
        errors.append(fields.invalid(path, str(measured), "must be an integer"))
    return measured


def container_resources(value: Object, path: str, errors: Errors, claims: frozenset[str] = frozenset()) -> None:
    """`resources` of a container: requests within limits, claims that the pod has."""
    _requests_and_limits(value, path, errors)
    if given_claims := value.get("claims"):
        _claims(given_claims, claims, f"{path}.claims", errors)


@checks.remembered
def _requests_and_limits(value: Object, path: str, errors: Errors) -> None:
    limits: Object = value.get("limits") or {}
    requests: Object = value.get("requests") or {}
    measured = {}
    for name, given in limits.items():
        container_resource_name(errors, name, f"{path}.limits[{name}]")
        measured[name] = _of_container(errors, name, given, f"{path}.limits[{name}]")
    for name, given in requests.items():
        container_resource_name(errors, name, f"{path}.requests[{name}]")
        asked = _of_container(errors, name, given, f"{path}.requests[{name}]")
        _within_limit(name, asked, measured.get(name), path, errors)
    _huge_pages(limits, requests, path, errors)


def _of_container(errors: Errors, name: str, value: Any, path: str) -> quantity.Quantity:
    """An amount; of huge pages, whole pages."""
    measured = amount(errors, name, value, path)
    if name.startswith(HUGE_PAGES) and not _is_multiple(measured, name.removeprefix(HUGE_PAGES)):
        errors.append(fields.invalid(path, str(measured), f"{measured} is not positive integer multiple of {name}"))
    return measured


def _is_multiple(measured: quantity.Quantity, size: str) -> bool:
    try:
        page = quantity.of(size)
    except quantity.QuantityError:
        return False
    return page.nanos > 0 and page.whole and measured.value % page.value == 0


def _within_limit(
    name: str, asked: quantity.Quantity, limit: quantity.Quantity | None, path: str, errors: Errors
) -> None:
    if limit is None:
        if not is_overcommittable(name):
            errors.append(fields.required(f"{path}.limits", "Limit must be set for non overcommitable resources"))
        return
    if is_overcommittable(name):
        if asked > limit:
            detail = f"must be less than or equal to {name} limit of {limit}"
            errors.append(fields.invalid(f"{path}.requests", str(asked), detail))
    elif asked != limit:
        errors.append(fields.invalid(f"{path}.requests", str(asked), f"must be equal to {name} limit of {limit}"))


def _huge_pages(limits: Object, requests: Object, path: str, errors: Errors) -> None:
    for name in ("cpu", "memory"):
        if name in requests or name in limits:
            return
    if any(name.startswith(HUGE_PAGES) for name in (*limits, *requests)):
        errors.append(fields.forbidden(path, "HugePages require cpu or memory"))


def _claims(given: list[Object], known: frozenset[str], path: str, errors: Errors) -> None:
    seen: set[tuple[str, str]] = set()
    for index, claim in enumerate(given):
        name, request = claim.get("name", ""), claim.get("request", "")
        if not name:
            errors.append(fields.required(f"{path}[{index}].name"))
            continue
        if (name, request) in seen:
            errors.append(fields.duplicate(f"{path}[{index}]", f"{name}/{request}" if request else name))
        seen.add((name, request))
        if name not in known:
            errors.append(fields.not_found(f"{path}[{index}].name", name))


def pod_resources(value: Object, spec: Object, path: str, errors: Errors) -> None:
    """`resources` of a whole pod: cpu, memory and huge pages only, and no less than its containers have."""
    limits: Object = value.get("limits") or {}
    for side in ("limits", "requests"):
        for name, given in (value.get(side) or {}).items():
            at = f"{path}.{side}[{name}]"
            if name not in POD_LEVEL_RESOURCES and not name.startswith(HUGE_PAGES):
                choices = ["hugepages-*", *sorted(POD_LEVEL_RESOURCES)]
                errors.append(fields.not_supported(at, name, choices))
            asked = _of_container(errors, name, given, at)
            if side == "requests" and name in limits:
                _within_limit(name, asked, quantity.of(limits[name]), path, errors)
    _above_containers(value, spec, path, errors)


def _above_containers(value: Object, spec: Object, path: str, errors: Errors) -> None:
    needed = amounts.of_containers(spec, "requests")
    for name, given in (value.get("requests") or {}).items():
        own = quantity.of(given)
        if (all_of_them := needed.get(name)) is not None and all_of_them > own:
            detail = f"must be greater than or equal to aggregate container requests of {all_of_them}"
            errors.append(fields.invalid(f"{path}.requests[{name}]", str(own), detail))
    most = amounts.read(value.get("limits"))
    for index, container in enumerate(spec.get("containers") or ()):
        for name, limit in amounts.read((container.get("resources") or {}).get("limits")).items():
            if name in most and limit > most[name]:
                detail = f"must be less than or equal to pod limits of {most[name]}"
                errors.append(fields.invalid(f"{path}.containers[{index}][{name}].limits", str(limit), detail))
