"""Rules of PersistentVolumeClaims: access modes, requested storage, data sources, and what may still change."""

import copy

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, differences, selectors
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import resources

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


def access_modes(modes: list[str] | None, path: str, errors: Errors) -> None:
    """At least one known mode; ReadWriteOncePod excludes others."""
    if not modes:
        errors.append(fields.required(path, "at least 1 access mode is required"))
        return
    for mode in modes:
        checks.one_of(errors, mode, path, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(mode in ACCESS_MODES[:3] for mode in modes):
        detail = "may not use ReadWriteOncePod with other access modes"
        errors.append(fields.forbidden(path, detail))


def spec(value: Object, path: str, errors: Errors) -> None:
    """A claim's spec, also in templates."""
    access_modes(value.get("accessModes"), f"{path}.accessModes", errors)
    if (selector := value.get("selector")) is not None:
        selectors.selector(selector, f"{path}.selector", errors)
    _storage((value.get("resources") or {}).get("requests") or {}, path, errors)
    if storage_class := value.get("storageClassName"):
        checks.text(errors, names.subdomain, storage_class, f"{path}.storageClassName")
    if (mode := value.get("volumeMode")) is not None:
        checks.one_of(errors, mode, f"{path}.volumeMode", VOLUME_MODES)
    if (source := value.get("dataSource")) is not None:
        _data_source(source, f"{path}.dataSource", errors)
    if (source := value.get("dataSourceRef")) is not None:
        _data_source(source, f"{path}.dataSourceRef", errors)
        _same_source(value, path, errors)
    if attributes_class := value.get("volumeAttributesClassName"):
        checks.text(errors, names.subdomain, attributes_class, f"{path}.volumeAttributesClassName")


def _storage(requests: Object, path: str, errors: Errors) -> None:
    if "storage" not in requests:
        errors.append(fields.required(f"{path}.resources[storage]"))
        return
    at = f"{path}.resources[storage]"
    measured = checks.amount(requests["storage"])
    if measured.nanos <= 0:
        errors.append(fields.invalid(at, str(measured), "must be greater than zero"))


def _data_source(source: Object, path: str, errors: Errors) -> None:
    checks.present(errors, source.get("name"), f"{path}.name")
    checks.present(errors, source.get("kind"), f"{path}.kind")
    if not source.get("apiGroup"):
        if (kind := source.get("kind", "")) != "PersistentVolumeClaim":
            detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
            errors.append(fields.invalid(path, kind, detail))
    else:
        checks.text(errors, names.subdomain, source["apiGroup"], f"{path}.apiGroup")


def _same_source(value: Object, path: str, errors: Errors) -> None:
    """The API names the field where it means to show it, and so prints nothing of either."""
    source, reference = value.get("dataSource"), value["dataSourceRef"]
    if source is None:
        return
    if reference.get("namespace"):
        errors.append(fields.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified"))
    elif any((source.get(key) or "") != (reference.get(key) or "") for key in ("apiGroup", "kind", "name")):
        errors.append(fields.invalid(path, {}, "must match dataSourceRef"))


def create(claim: Object, errors: Errors) -> None:
    spec(claim.get("spec") or {}, "spec", errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    bound = (old.get("status") or {}).get("phase") == "Bound" or bool(old_spec.get("volumeName"))
    if _frozen(new_spec, old_spec, bound=bound) != _frozen(old_spec, old_spec, bound=bound):
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        errors.append(fields.forbidden("spec", f"{detail}\n{differences.describe(old_spec, new_spec)}"))
    _no_shrinking(new, old, errors)


def _frozen(value: Object, old: Object, *, bound: bool) -> Object:
    """The part of a spec that may not change; binding fills in the volume, a bound claim may grow."""
    frozen = copy.copy(value)
    if not old.get("volumeName"):
        frozen.pop("volumeName", None)
    if old.get("storageClassName") is None:
        frozen.pop("storageClassName", None)
    if bound:
        frozen["resources"] = {key: part for key, part in (value.get("resources") or {}).items() if key != "requests"}
        frozen.pop("volumeAttributesClassName", None)
    return frozen


def _no_shrinking(new: Object, old: Object, errors: Errors) -> None:
    before = ((old.get("spec") or {}).get("resources") or {}).get("requests") or {}
    after = ((new.get("spec") or {}).get("resources") or {}).get("requests") or {}
    had = ((old.get("status") or {}).get("capacity") or {}).get("storage", "0")
    if "storage" not in before or "storage" not in after:
        return
    wanted = checks.amount(after["storage"])
    if wanted < checks.amount(before["storage"]) and wanted <= checks.amount(had):
        detail = "field can not be less than status.capacity"
        errors.append(fields.forbidden("spec.resources.requests.storage", detail))


def update_status(new: Object, old: Object, errors: Errors) -> None:
    status = new.get("status") or {}
    checks.present(errors, new["metadata"].get("resourceVersion"), "metadata.resourceVersion")
    for name, given in (status.get("capacity") or {}).items():
        resources.amount(errors, name, given, f"status.capacity[{name}]")
