"""Rules of CustomResourceDefinitions: names, versions, columns, sub-resources, conversion, stored versions.

The API thinks of a definition in an older form, in which what all versions share lies beside them; so do paths in its
messages: `spec.validation.openAPIV3Schema` if all versions have one schema, `spec.versions[1].schema.openAPIV3Schema`
otherwise.
"""

import re

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals
from pyk3s.api.validation.admissionregistration import webhooks
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.customresources import schemas

SCOPES = ("Cluster", "Namespaced")
CONVERSIONS = ("None", "Webhook")
REVIEW_VERSIONS = ("v1", "v1beta1")
COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
APPROVAL = "api-approved.kubernetes.io"
POLICY = "https://github.com/kubernetes/enhancements/pull/1111"
PROTECTED = ("k8s.io", "kubernetes.io")
LIFTED = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")
MOST_SELECTABLE = 8
MOST_WARNING = 256
SELECTABLE = ("string", "boolean", "integer")
NOT_SELECTABLE = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)
_STEPS = re.compile(r"'(?:[^'\\]|\\.)*'|[.\[\]]|[^.\[\]]+")
MIXED_CASE = "may have mixed case, but should otherwise match: "


def create(definition: Object, errors: Errors, accepted: tuple[Object, ...] = ()) -> None:
    """`accepted` are schemas whose rules have been let in before, and are not judged again."""
    spec, meta = definition.get("spec") or {}, definition["metadata"]
    expected = f"{(spec.get('names') or {}).get('plural', '')}.{spec.get('group', '')}"
    if meta.get("name") and meta["name"] != expected:
        detail = 'must be spec.names.plural+"."+spec.group'
        errors.append(fields.invalid("metadata.name", meta["name"], detail))
    _spec(spec, errors, accepted)
    _approval(spec.get("group", ""), meta.get("annotations") or {}, errors)
    _stored(definition, errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    create(new, errors, tuple(_schema(version) for version in before.get("versions") or ()))
    checks.same_fields(errors, after, before, "spec", "group")
    checks.same_fields(errors, after.get("names") or {}, before.get("names") or {}, "spec.names", "plural")
    established = any(
        condition.get("type") == "Established" and condition.get("status") == "True"
        for condition in (old.get("status") or {}).get("conditions") or ()
    )
    if established:
        checks.same_fields(errors, after, before, "spec", "scope")
        checks.same_fields(errors, after.get("names") or {}, before.get("names") or {}, "spec.names", "kind")


def update_status(new: Object, old: Object, errors: Errors) -> None:
    """Only the accepted names are looked at, and they may be missing."""
    _formed((new.get("status") or {}).get("acceptedNames") or {}, "status.acceptedNames", errors)


def _spec(spec: Object, errors: Errors, accepted: tuple[Object, ...]) -> None:
    group = spec.get("group", "")
    if not group:
        errors.append(fields.required("spec.group"))
    elif wrong := names.subdomain(group):
        errors.append(fields.invalid("spec.group", group, ",".join(wrong)))
    elif "." not in group:
        errors.append(fields.invalid("spec.group", group, "should be a domain with at least one dot"))
    checks.required_one_of(errors, spec.get("scope"), "spec.scope", SCOPES)
    _names(spec.get("names") or {}, "spec.names", errors)
    if (conversion := spec.get("conversion")) is not None:
        _conversion(conversion, errors)
    versions = spec.get("versions") or []
    if spec.get("preserveUnknownFields"):
        path = "spec.preserveUnknownFields"
        detail = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        )
        errors.append(fields.invalid(path, True, detail))
        if any(schemas.has_defaults(_schema(version)) for version in versions):
            errors.append(fields.invalid(path, True, "must be false in order to use defaults in the schema"))
    _versions(versions, errors, accepted)


def _names(given: Object, path: str, errors: Errors) -> None:
    for key in ("plural", "singular", "kind", "listKind"):
        checks.present(errors, given.get(key), f"{path}.{key}")
    _formed(given, path, errors)


def _formed(given: Object, path: str, errors: Errors) -> None:
    """The form of those names that are given."""
    for key in ("plural", "singular", "kind", "listKind"):
        value, lower = given.get(key, ""), key in ("plural", "singular")
        if value and (wrong := names.label_1035(value if lower else value.lower())):
            joined = ",".join(wrong)
            errors.append(fields.invalid(f"{path}.{key}", value, joined if lower else MIXED_CASE + joined))
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        errors.append(fields.invalid(f"{path}.listKind", given["listKind"], "kind and listKind may not be the same"))
    for key in ("shortNames", "categories"):
        for index, value in enumerate(given.get(key) or ()):
            if wrong := names.label_1035(value):
                errors.append(fields.invalid(f"{path}.{key}[{index}]", value, ",".join(wrong)))


def _conversion(conversion: Object, errors: Errors) -> None:
    strategy, webhook = conversion.get("strategy"), conversion.get("webhook") or {}
    checks.required_one_of(errors, strategy, "spec.conversion.strategy", CONVERSIONS)
    client, at = webhook.get("clientConfig"), "spec.conversion.webhookClientConfig"
    versions, path = webhook.get("conversionReviewVersions"), "spec.conversion.conversionReviewVersions"
    if strategy != "Webhook":
        for given, where in ((client is not None, at), (versions, path)):
            if given:
                errors.append(fields.forbidden(where, "should not be set when strategy is not set to Webhook"))
        return
    if client is None:
        errors.append(fields.required(at, "required when strategy is set to Webhook"))
    else:
        webhooks.client_configuration(client, at, errors)
    checks.present(errors, versions, path)
    if versions:
        _review_versions(versions, path, errors)


def _review_versions(versions: list[str], path: str, errors: Errors) -> None:
    for index, version in enumerate(versions):
        if version in versions[:index]:
            errors.append(fields.invalid(f"{path}[{index}]", version, "duplicate version"))
            continue
        errors.extend(fields.invalid(f"{path}[{index}]", version, wrong) for wrong in names.label_1035(version))
    if not set(versions) & set(REVIEW_VERSIONS):
        errors.append(fields.invalid(path, versions, f"must include at least one of {', '.join(REVIEW_VERSIONS)}"))


def _schema(version: Object) -> Object:
    return (version.get("schema") or {}).get("openAPIV3Schema") or {}


def _versions(versions: list[Object], errors: Errors, accepted: tuple[Object, ...]) -> None:
    named = [version.get("name", "") for version in versions]
    shared = [key for key in LIFTED if all(version.get(key) == versions[0].get(key) for version in versions)]
    if sum(bool(version.get("storage")) for version in versions) != 1:
        shown = [_shown(version, shared) for version in versions]
        detail = "must have exactly one version marked as storage version"
        errors.append(fields.invalid("spec.versions", shown, detail))
    if len(set(named)) < len(named):
        shown = [_shown(version, shared) for version in versions]
        errors.append(fields.invalid("spec.versions", shown, "must contain unique version names"))
    for index, version in enumerate(versions):
        path = f"spec.versions[{index}]"
        if wrong := names.label_1035(version.get("name", "")):
            errors.append(fields.invalid(f"{path}.name", version.get("name", ""), ",".join(wrong)))
        if not _schema(version):
            errors.append(fields.required(f"{path}.schema.openAPIV3Schema"))
        _deprecation(version, f"{path}.deprecationWarning", errors)
        _contents(version, path, shared, errors, accepted, first=index == 0)


def _deprecation(version: Object, path: str, errors: Errors) -> None:
    warning = version.get("deprecationWarning")
    if warning is None:
        return
    if not version.get("deprecated"):
        errors.append(fields.invalid(path, warning, "can only be set for deprecated versions"))
        return
    if len(warning.encode()) > MOST_WARNING:
        errors.append(fields.invalid(path, warning, f"must be <= {MOST_WARNING} characters long"))
    if not warning:
        errors.append(fields.invalid(path, warning, "must not be an empty string"))
    unprintable = next((index for index, each in enumerate(warning) if not each.isprintable()), None)
    if unprintable is not None:
        at = len(warning[:unprintable].encode())
        detail = f"must only contain printable UTF-8 characters; non-printable character found at index {at}"
        errors.append(fields.invalid(path, warning, detail))


def _shown(version: Object, shared: list[str]) -> Object:
    return internals.view({key: part for key, part in version.items() if key not in shared}, internals.VERSION)


def _contents(
    version: Object, path: str, shared: list[str], errors: Errors, accepted: tuple[Object, ...], *, first: bool
) -> None:
    """What all versions share is checked once, under the path at which the API keeps it."""

    def place(key: str, lifted: str) -> str | None:
        if key not in shared:
            return f"{path}.{key}"
        return f"spec.{lifted}" if first else None

    if (at := place("schema", "validation")) and (schema := _schema(version)):
        known, has_status = schema in accepted, "status" in (version.get("subresources") or {})
        schemas.root(schema, f"{at}.openAPIV3Schema", errors, rules_accepted=known, has_status=has_status)
    if (at := place("subresources", "subresources")) and (given := version.get("subresources")):
        _subresources(given, at, errors)
    if at := place("additionalPrinterColumns", "additionalPrinterColumns"):
        for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
            _column(column, f"{at}[{index}]", errors)
    if at := place("selectableFields", "selectableFields"):
        _selectable(version.get("selectableFields") or [], _schema(version), at, errors)


def _column(column: Object, path: str, errors: Errors) -> None:
    checks.present(errors, column.get("name"), f"{path}.name")
    for key, choices in (("type", COLUMN_TYPES), ("format", COLUMN_FORMATS)):
        value = column.get(key, "")
        if not value and key == "type":
            errors.append(fields.required(f"{path}.type", f"must be one of {','.join(COLUMN_TYPES)}"))
        elif value and value not in choices:
            errors.append(fields.invalid(f"{path}.{key}", value, f"must be one of {','.join(choices)}"))
    _json_path(column.get("jsonPath", ""), f"{path}.JSONPath", errors)


def _json_path(value: str, path: str, errors: Errors) -> None:
    if not value:
        errors.append(fields.required(path))
    elif not value.startswith("."):
        errors.append(fields.invalid(path, value, "must be a simple json path starting with ."))


def _subresources(given: Object, path: str, errors: Errors) -> None:
    if (scale := given.get("scale")) is None:
        return
    places: tuple[tuple[str, tuple[str, ...], str], ...] = (
        ("specReplicasPath", (".spec.",), "should be a json path under .spec"),
        ("statusReplicasPath", (".status.",), "should be a json path under .status"),
        ("labelSelectorPath", (".spec.", ".status."), "should be a json path under either .spec or .status"),
    )
    for key, roots, detail in places:
        value = scale.get(key) or ""
        if not value:
            if key != "labelSelectorPath":
                errors.append(fields.required(f"{path}.scale.{key}"))
        elif not value.startswith("."):
            _json_path(value, f"{path}.scale.{key}", errors)
        elif not value.startswith(roots):
            errors.append(fields.invalid(f"{path}.scale.{key}", value, detail))


def _selectable(given: list[Object], schema: Object, path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, field in enumerate(given):
        value, at = field.get("jsonPath", ""), f"{path}[{index}].jsonPath"
        if not value:
            errors.append(fields.required(at))
            continue
        try:
            found = _led_to(value, schema)
        except ValueError as wrong:
            errors.append(fields.invalid(at, value, f"is an invalid path: {wrong}"))
            continue
        if value.split(".")[1] == "metadata":
            errors.append(fields.invalid(at, value, "must not point to fields in metadata"))
        if found.get("type") not in SELECTABLE:
            errors.append(fields.invalid(at, value, NOT_SELECTABLE))
        if value in seen:
            errors.append(fields.duplicate(at, value))
        seen.add(value)
    if len(seen) > MOST_SELECTABLE:
        errors.append(fields.too_many(path, len(seen), MOST_SELECTABLE))


def _led_to(path: str, schema: Object) -> Object:
    """The schema that a path such as `.spec.size` leads to; raises ValueError with the API's words."""
    steps = iter(_STEPS.findall(path))
    for step in steps:
        if step == "[":
            raise ValueError("array notation is not allowed")
        if step != ".":
            raise ValueError(f"expected [ or . but got: {step}")
        if (name := next(steps, None)) is None:
            raise ValueError("unexpected end of JSON path")
        properties, rest = schema.get("properties"), schema.get("additionalProperties")
        found = properties.get(name) if properties else rest
        if found is None:
            raise ValueError("does not refer to a valid field")
        schema = found if isinstance(found, dict) else {}
    return schema


def _approval(group: str, annotations: dict[str, str], errors: Errors) -> None:
    """Groups of the Kubernetes project need the word of its reviewers."""
    if not any(group == domain or group.endswith(f".{domain}") for domain in PROTECTED):
        return
    path, given = f"metadata.annotations[{APPROVAL}]", annotations.get(APPROVAL)
    if not given:
        detail = f'protected groups must have approval annotation "{APPROVAL}", see {POLICY}'
        errors.append(fields.required(path, detail))
    elif not given.startswith(("http://", "https://", "unapproved")):
        detail = (
            f'protected groups must have approval annotation "{APPROVAL}" with either a URL or a reason starting with '
            f'"unapproved", see {POLICY}'
        )
        errors.append(fields.invalid(path, given, detail))


def _stored(definition: Object, errors: Errors) -> None:
    """The versions in which objects lie in the store must all still be known; the server notes the first one at
    creation.
    """
    versions = (definition.get("spec") or {}).get("versions") or []
    known = [version.get("name", "") for version in versions]
    storage = [version.get("name", "") for version in versions if version.get("storage")]
    path = "status.storedVersions"
    stored = (definition.get("status") or {}).get("storedVersions") or storage[:1]
    if not stored:
        errors.append(fields.invalid(path, None, "must have at least one stored version"))
        return
    for index, version in enumerate(stored):
        if version not in known:
            detail = "missing from spec.versions"
            told = f"{version} was previously a storage version, and must remain in spec.versions until a storage "
            told += f"migration ensures no data remains persisted in {version} and removes {version} from {path}"
            errors.append(fields.invalid(f"{path}[{index}]", version, f"{detail}; {told}"))
    if storage and storage[0] not in stored:
        errors.append(fields.invalid(path, stored, f"must have the storage version {storage[0]}"))
