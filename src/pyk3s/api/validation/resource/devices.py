"""Rules of ResourceClaims, their templates, ResourceSlices and DeviceClasses."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import scheduling
from pyk3s.api.validation.resource import selecting

MODES = ("All", "ExactCount")
MOST_REQUESTS, MOST_CONSTRAINTS, MOST_CONFIGS, MOST_DEVICES = 32, 32, 32, 128


def create_claim(claim: Object, errors: Errors) -> None:
    _claim_spec(claim.get("spec") or {}, "spec", errors)


def update_claim(new: Object, old: Object, errors: Errors) -> None:
    checks.same(errors, new.get("spec"), old.get("spec"), "spec")


def create_template(template: Object, errors: Errors) -> None:
    _claim_spec((template.get("spec") or {}).get("spec") or {}, "spec.spec", errors)


def update_template(new: Object, old: Object, errors: Errors) -> None:
    checks.same(errors, new.get("spec"), old.get("spec"), "spec")


def _claim_spec(spec: Object, path: str, errors: Errors) -> None:
    devices = spec.get("devices") or {}
    requests = devices.get("requests") or []
    at = f"{path}.devices"
    for key, most in (("requests", MOST_REQUESTS), ("constraints", MOST_CONSTRAINTS), ("config", MOST_CONFIGS)):
        if len(devices.get(key) or ()) > most:
            errors.append(fields.too_many(f"{at}.{key}", len(devices[key]), most))
    seen: set[str] = set()
    for index, request in enumerate(requests):
        _request(request, f"{at}.requests[{index}]", errors)
        name = request.get("name", "")
        if name in seen:
            errors.append(fields.duplicate(f"{at}.requests[{index}].name", name))
        seen.add(name)
    for index, constraint in enumerate(devices.get("constraints") or ()):
        _constraint(constraint, seen, f"{at}.constraints[{index}]", errors)


def _request(request: Object, path: str, errors: Errors) -> None:
    checks.required_text(errors, names.label, request.get("name"), f"{path}.name")
    given = [key for key in ("exactly", "firstAvailable") if request.get(key)]
    if not given:
        errors.append(fields.required(path, "exactly one of `exactly` or `firstAvailable` is required"))
    elif len(given) > 1:
        errors.append(fields.invalid(path, request, "exactly one of `exactly` or `firstAvailable` is required"))
    for index, sub in enumerate(request.get("firstAvailable") or ()):
        at = f"{path}.firstAvailable[{index}]"
        checks.required_text(errors, names.label, sub.get("name"), f"{at}.name")
        _exact(sub, at, errors)
    if request.get("exactly"):
        _exact(request["exactly"], f"{path}.exactly", errors)


def _exact(value: Object, path: str, errors: Errors) -> None:
    checks.required_text(errors, names.subdomain, value.get("deviceClassName"), f"{path}.deviceClassName")
    mode, count = value.get("allocationMode"), value.get("count") or 0
    if mode == "All":
        if count:
            detail = "must not be specified when allocationMode is 'All'"
            errors.append(fields.invalid(f"{path}.count", count, detail))
    elif mode == "ExactCount":
        if count <= 0:
            errors.append(fields.invalid(f"{path}.count", count, "must be greater than zero"))
    else:
        errors.append(fields.not_supported(f"{path}.allocationMode", mode or "", list(MODES)))
    selecting.selectors(value.get("selectors") or [], f"{path}.selectors", errors)
    scheduling.tolerations(value.get("tolerations") or [], f"{path}.tolerations", errors)


def _constraint(constraint: Object, requests: set[str], path: str, errors: Errors) -> None:
    for index, name in enumerate(constraint.get("requests") or ()):
        if name.partition("/")[0] not in requests:
            detail = (
                "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
            )
            errors.append(fields.invalid(f"{path}.requests[{index}]", name, detail))
    if not constraint.get("matchAttribute") and not constraint.get("distinctAttribute"):
        errors.append(fields.required(f"{path}.matchAttribute"))


def create_class(device_class: Object, errors: Errors) -> None:
    selecting.selectors(_class_selectors(device_class), "spec.selectors", errors)


def update_class(new: Object, old: Object, errors: Errors) -> None:
    given = _class_selectors(new)
    selecting.selectors(given, "spec.selectors", errors, compiled=given == _class_selectors(old))


def _class_selectors(device_class: Object) -> list[Object]:
    return (device_class.get("spec") or {}).get("selectors") or []


def create_slice(resource_slice: Object, errors: Errors) -> None:
    spec = resource_slice.get("spec") or {}
    checks.required_text(errors, names.subdomain, spec.get("driver"), "spec.driver")
    pool = spec.get("pool") or {}
    checks.present(errors, pool.get("name"), "spec.pool.name")
    if (count := pool.get("resourceSliceCount") or 0) <= 0:
        errors.append(fields.invalid("spec.pool.resourceSliceCount", count, "must be greater than zero"))
    checks.not_negative_fields(errors, pool, "spec.pool", "generation")
    keys = ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection")
    where = [key for key in keys if spec.get(key)]
    if len(where) != 1:
        listed = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        errors.append(fields.required("spec", listed) if not where else fields.invalid("spec", where, listed))
    devices = spec.get("devices") or []
    if len(devices) > MOST_DEVICES:
        errors.append(fields.too_many("spec.devices", len(devices), MOST_DEVICES))
    for index, device in enumerate(devices):
        checks.required_text(errors, names.label, device.get("name"), f"spec.devices[{index}].name")
    named = [device.get("name") for device in devices]
    checks.unique(errors, named, lambda index: f"spec.devices[{index}].name")


def update_slice(new: Object, old: Object, errors: Errors) -> None:
    create_slice(new, errors)
    after, before = new.get("spec") or {}, old.get("spec") or {}
    checks.same_fields(errors, after, before, "spec", "driver", "nodeName")
    checks.same(errors, (after.get("pool") or {}).get("name"), (before.get("pool") or {}).get("name"), "spec.pool.name")
