"""Rules of APIServices."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.admissionregistration import webhooks
from pyk3s.api.validation.checks import Errors, Object

MOST_GROUP_PRIORITY, MOST_VERSION_PRIORITY = 20_000, 1_000


def create(service: Object, errors: Errors) -> None:
    spec, name = service.get("spec") or {}, service["metadata"].get("name", "")
    group, version = spec.get("group", ""), spec.get("version", "")
    expected = f"{version}.{group}"
    if name != expected:
        detail = f'must be `spec.version+"."+spec.group`: {fields.shown(expected)}'
        errors.append(fields.invalid("metadata.name", name, detail))
    if group:
        checks.text(errors, names.subdomain, group, "spec.group")
    checks.text(errors, names.label_1035, version, "spec.version")
    _priority(spec.get("groupPriorityMinimum", 0), MOST_GROUP_PRIORITY, "spec.groupPriorityMinimum", errors)
    _priority(spec.get("versionPriority", 0), MOST_VERSION_PRIORITY, "spec.versionPriority", errors)
    _backend(spec, errors)


def _priority(value: int, most: int, path: str, errors: Errors) -> None:
    if not 0 < value <= most:
        errors.append(fields.invalid(path, value, f"must be positive and less than {most}"))


def _backend(spec: Object, errors: Errors) -> None:
    bundle, careless = spec.get("caBundle"), spec.get("insecureSkipTLSVerify")
    if (backend := spec.get("service")) is None:
        if bundle:
            shown = f"{len(bundle)} bytes"
            errors.append(fields.invalid("spec.caBundle", shown, "local APIServices may not have a caBundle"))
        if careless:
            detail = "local APIServices may not have insecureSkipTLSVerify"
            errors.append(fields.invalid("spec.insecureSkipTLSVerify", careless, detail))
        return
    if careless and bundle:
        detail = "may not be true if caBundle is present"
        errors.append(fields.invalid("spec.insecureSkipTLSVerify", careless, detail))
    for key in ("namespace", "name"):
        checks.present(errors, backend.get(key), f"spec.service.{key}")
    webhooks.service_reference({"name": "-", "namespace": "-"} | backend, "spec.service", errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
