"""Rules of StorageClasses and VolumeAttributesClasses."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import volumes

RECLAIM_POLICIES = ("Delete", "Retain")
BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
MOST_PARAMETERS, MOST_PARAMETER_BYTES = 512, 256 * 1024


def create(storage_class: Object, errors: Errors) -> None:
    _provisioner(storage_class.get("provisioner", ""), "provisioner", errors)
    _parameters(storage_class.get("parameters") or {}, "parameters", errors, may_be_empty=True)
    if policy := storage_class.get("reclaimPolicy"):
        checks.one_of(errors, policy, "reclaimPolicy", RECLAIM_POLICIES)
    checks.required_one_of(errors, storage_class.get("volumeBindingMode"), "volumeBindingMode", BINDING_MODES)
    _topologies(storage_class.get("allowedTopologies") or [], errors)


def _topologies(terms: list[Object], errors: Errors) -> None:
    seen: list[dict[str, set[str]]] = []
    for index, term in enumerate(terms):
        path = f"allowedTopologies[{index}].matchLabelExpressions"
        wanted: dict[str, set[str]] = {}
        for position, requirement in enumerate(term.get("matchLabelExpressions") or ()):
            key, values = requirement.get("key", ""), requirement.get("values") or []
            at = f"{path}[{position}]"
            checks.present(errors, values, f"{at}.values")
            checks.unique(errors, values, lambda number, at=at: f"{at}.values[{number}]")  # type: ignore[misc]
            checks.text(errors, names.qualified_name, key, f"{at}.key")
            if key in wanted:
                errors.append(fields.duplicate(f"{at}.key", key))
            wanted[key] = set(values)
        if wanted in seen:
            errors.append(fields.duplicate(path, ""))
        seen.append(wanted)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    checks.same_fields(errors, new, old, "", "parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")


def _provisioner(value: str, path: str, errors: Errors) -> None:
    if not value:
        errors.append(fields.required(path))
        return
    for message in names.qualified_name(value.lower()):
        errors.append(fields.invalid(path, value, message))


def _parameters(parameters: dict[str, str], path: str, errors: Errors, *, may_be_empty: bool) -> None:
    if not parameters and not may_be_empty:
        errors.append(fields.required(path, "must contain at least one key/value pair"))
    if len(parameters) > MOST_PARAMETERS:
        errors.append(fields.too_long(path, MOST_PARAMETERS))
        return
    if any(not key for key in parameters):
        errors.append(fields.invalid(path, "", "field can not be empty."))
    if sum(len(key) + len(value) for key, value in parameters.items()) > MOST_PARAMETER_BYTES:
        errors.append(fields.too_long(path, MOST_PARAMETER_BYTES))


def create_attributes(value: Object, errors: Errors) -> None:
    volumes.driver_name(value.get("driverName"), "driverName", errors)
    _parameters(value.get("parameters") or {}, "parameters", errors, may_be_empty=False)


def update_attributes(new: Object, old: Object, errors: Errors) -> None:
    create_attributes(new, errors)
    for key in ("driverName", "parameters"):
        if new.get(key) != old.get(key):
            errors.append(fields.forbidden(key, f"updates to {key} are forbidden."))
