"""Rules of environment variables, and of what the downward API can show in them and in volumes."""

import re

from pyk3s.api import fields, names, quantity
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

ENV_FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
VOLUME_FIELDS = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
)
CONVERTIBLE_FIELDS = ENV_FIELDS | VOLUME_FIELDS | {"spec.restartPolicy", "spec.schedulerName", "status.phase"}
VALUE_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")

CPU_DIVISORS = ("1m", "1")
SIZE_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
RESOURCE_FIELDS = tuple(
    f"{side}.{name}" for side in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_subscripted = re.compile(r"(.*)\['([^']*)'\]").fullmatch


def variables(env: list[Object], path: str, errors: Errors) -> None:
    for index, variable in enumerate(env):
        at = f"{path}[{index}]"
        checks.required_text(errors, names.env_name, variable.get("name"), f"{at}.name")
        if (source := variable.get("valueFrom")) is not None:
            _value_source(source, bool(variable.get("value")), f"{at}.valueFrom", errors)


def _value_source(source: Object, has_value: bool, path: str, errors: Errors) -> None:
    chosen = [key for key in VALUE_SOURCES if source.get(key) is not None]
    for key in chosen:
        at = f"{path}.{key}"
        if key == "fieldRef":
            field_reference(source[key], ENV_FIELDS, at, errors)
        elif key == "resourceFieldRef":
            resource_field_reference(source[key], at, errors, in_volume=False)
        else:
            _key_reference(source[key], at, errors)
    if not chosen:
        listed = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        errors.append(fields.invalid(path, "", f"must specify one of: {listed}"))
    elif has_value:
        errors.append(fields.invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(chosen) > 1:
        errors.append(fields.invalid(path, "", "may not have more than one field specified at a time"))


def _key_reference(reference: Object, path: str, errors: Errors) -> None:
    """A key of a ConfigMap, of a Secret, or of an environment file in a volume."""
    if "volumeName" in reference or "path" in reference:
        checks.required_text(errors, names.label, reference.get("volumeName"), f"{path}.volumeName")
        checks.present(errors, reference.get("path"), f"{path}.path")
        if reference.get("path"):
            checks.local_path(errors, reference["path"], f"{path}.path")
        checks.required_text(errors, names.env_name, reference.get("key"), f"{path}.key")
        return
    checks.present(errors, reference.get("name"), f"{path}.name")
    checks.required_text(errors, names.config_key, reference.get("key"), f"{path}.key")


def sources(env_from: list[Object], path: str, errors: Errors) -> None:
    """`envFrom`: whole ConfigMaps and Secrets."""
    for index, source in enumerate(env_from):
        at = f"{path}[{index}]"
        if prefix := source.get("prefix"):
            checks.text(errors, names.env_name, prefix, f"{at}.prefix")
        chosen = [key for key in ("configMapRef", "secretRef") if source.get(key) is not None]
        for key in chosen:
            checks.present(errors, source[key].get("name"), f"{at}.{key}.name")
        if not chosen:
            errors.append(fields.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(chosen) > 1:
            errors.append(fields.invalid(at, "", "may not have more than one field specified at a time"))


def field_reference(reference: Object, allowed: frozenset[str], path: str, errors: Errors) -> None:
    """A field of the pod itself; `allowed` differs between variables and files."""
    if not reference.get("apiVersion"):
        errors.append(fields.required(f"{path}.apiVersion"))
        return
    field_path = reference.get("fieldPath")
    if not field_path:
        errors.append(fields.required(f"{path}.fieldPath"))
        return
    is_current = reference["apiVersion"] == "v1"
    if is_current and field_path in allowed:
        return
    at = f"{path}.fieldPath"
    if not is_current:
        problem = f"unsupported pod version: {reference['apiVersion']}"
        errors.append(fields.invalid(at, field_path, f"error converting fieldPath: {problem}"))
    elif subscript := _subscripted(field_path):
        _subscript(field_path, subscript.group(1), subscript.group(2), at, errors)
    elif field_path not in CONVERTIBLE_FIELDS:
        problem = f"field label not supported: {field_path}"
        errors.append(fields.invalid(at, field_path, f"error converting fieldPath: {problem}"))
    elif field_path not in allowed:
        errors.append(fields.not_supported(at, field_path, sorted(allowed)))


def _subscript(field_path: str, holder: str, key: str, path: str, errors: Errors) -> None:
    if holder not in ("metadata.annotations", "metadata.labels"):
        problem = f"field label does not support subscript: {field_path}"
        errors.append(fields.invalid(path, field_path, f"error converting fieldPath: {problem}"))
        return
    checks.text(errors, names.qualified_name, key.lower() if holder == "metadata.annotations" else key, path)


def resource_field_reference(reference: Object, path: str, errors: Errors, *, in_volume: bool) -> None:
    """A request or limit of a container."""
    resource = reference.get("resource", "")
    if in_volume and not reference.get("containerName"):
        errors.append(fields.required(f"{path}.containerName"))
    elif not resource:
        errors.append(fields.required(f"{path}.resource"))
    elif not resource.startswith(("requests.hugepages-", "limits.hugepages-")):
        checks.one_of(errors, resource, f"{path}.resource", RESOURCE_FIELDS)
    _divisor(resource.partition(".")[2], reference.get("divisor"), f"{path}.divisor", errors)


def _divisor(resource: str, divisor: str | int | None, path: str, errors: Errors) -> None:
    if divisor is None or not (measured := quantity.of(divisor)):
        return
    choices = CPU_DIVISORS if resource == "cpu" else SIZE_DIVISORS
    if measured.nanos not in {quantity.parse(choice).nanos for choice in choices}:
        listed = " and ".join(choices) if resource == "cpu" else ", ".join(choices)
        kind = "hugepages" if resource.startswith("hugepages") else resource
        label = {"ephemeral-storage": "local ephemeral storage"}.get(kind, kind)
        detail = f"only divisor's values {listed} are supported with the {label} resource"
        errors.append(fields.invalid(path, str(measured), detail))
