"""Rules of ObjectMeta on creation and on update: names, labels, annotations, owners, finalizers, what may not change.

Built-in kinds know only their own finalizers without a domain; custom resources pass `builtin=False` and may use any.
"""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

MOST_ANNOTATION_BYTES = 256 * 1024
STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def create(
    meta: Object, path: str, errors: Errors, *, namespaced: bool, name: names.NameCheck, builtin: bool = True
) -> None:
    """Everything in the metadata of a new object; `name` is the rule for names of its kind."""
    if generate := meta.get("generateName"):
        for message in names.for_prefix(name, generate):
            errors.append(fields.invalid(f"{path}.generateName", generate, message))
    checks.required_text(errors, name, meta.get("name"), f"{path}.name", "name or generateName is required")
    _namespace(meta.get("namespace"), path, errors, namespaced)
    if (generation := meta.get("generation")) and generation < 0:
        errors.append(fields.invalid(f"{path}.generation", generation, checks.NOT_NEGATIVE))
    _open_fields(meta, path, errors)
    if finalizers := meta.get("finalizers"):
        _finalizers(finalizers, f"{path}.finalizers", errors, builtin)


def update(new: Object, old: Object, path: str, errors: Errors, *, builtin: bool = True) -> None:
    """What metadata may become: no new identity, and nobody holds up a deletion that has begun."""
    new_finalizers = new.get("finalizers") or []
    if old.get("deletionTimestamp"):
        _no_new_finalizers(new_finalizers, old.get("finalizers") or [], f"{path}.finalizers", errors)
    if not new.get("resourceVersion"):
        errors.append(fields.invalid(f"{path}.resourceVersion", "", "must be specified for an update"))
    if (new.get("generation") or 0) < (old.get("generation") or 0):
        errors.append(fields.invalid(f"{path}.generation", new.get("generation") or 0, "must not be decremented"))
    checks.same_fields(errors, new, old, path, *IMMUTABLE)
    _open_fields(new, path, errors)
    if builtin:
        _standard_finalizers(new_finalizers, f"{path}.finalizers", errors)


def _open_fields(meta: Object, path: str, errors: Errors) -> None:
    if label_map := meta.get("labels"):
        labels(label_map, f"{path}.labels", errors)
    if annotation_map := meta.get("annotations"):
        annotations(annotation_map, f"{path}.annotations", errors)
    if owners := meta.get("ownerReferences"):
        _owners(owners, f"{path}.ownerReferences", errors)
    if managed := meta.get("managedFields"):
        _managed_fields(managed, f"{path}.managedFields", errors)


def _namespace(namespace: str | None, path: str, errors: Errors, namespaced: bool) -> None:
    if not namespaced:
        if namespace:
            errors.append(fields.forbidden(f"{path}.namespace", "not allowed on this type"))
    else:
        checks.required_text(errors, names.label, namespace, f"{path}.namespace")


def labels(label_map: dict[str, str], path: str, errors: Errors) -> None:
    for key, value in label_map.items():
        checks.text(errors, names.qualified_name, key, path)
        checks.text(errors, names.label_value, value, path)


def annotations(annotation_map: dict[str, str], path: str, errors: Errors) -> None:
    size = 0
    for key, value in annotation_map.items():
        for message in names.qualified_name(key.lower()):
            errors.append(fields.invalid(path, key, message))
        size += len(key.encode()) + len(value.encode())
    if size > MOST_ANNOTATION_BYTES:
        errors.append(fields.too_long(path, MOST_ANNOTATION_BYTES))


def _owners(owners: list[Object], path: str, errors: Errors) -> None:
    controller = ""
    for owner in owners:
        _owner(owner, path, errors)
        if not owner.get("controller"):
            continue
        named = f"{owner.get('kind', '')}/{owner.get('name', '')}"
        if controller:
            detail = (
                "Only one reference can have Controller set to true. "
                f'Found "true" in references for {controller} and {named}'
            )
            errors.append(fields.invalid(path, owners, detail))
        controller = controller or named


def _owner(owner: Object, path: str, errors: Errors) -> None:
    api_version = owner.get("apiVersion") or ""
    if not api_version or api_version.count("/") > 1 or api_version.endswith("/"):
        errors.append(fields.invalid(f"{path}.apiVersion", api_version, "version must not be empty"))
    for key in ("kind", "name", "uid"):
        if not owner.get(key):
            errors.append(fields.invalid(f"{path}.{key}", "", "must not be empty"))
    if api_version == "v1" and owner.get("kind") == "Event":
        errors.append(fields.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))


def _finalizers(finalizers: list[str], path: str, errors: Errors, builtin: bool) -> None:
    for finalizer in finalizers:
        checks.text(errors, names.qualified_name, finalizer, path)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        detail = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(fields.invalid(path, finalizers, detail))
    if builtin:
        _standard_finalizers(finalizers, path, errors)


def _standard_finalizers(finalizers: list[str], path: str, errors: Errors) -> None:
    for index, finalizer in enumerate(finalizers):
        if "/" not in finalizer and finalizer not in STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            errors.append(fields.invalid(f"{path}[{index}]", finalizer, detail))


def _no_new_finalizers(new: list[str], old: list[str], path: str, errors: Errors) -> None:
    if added := sorted(set(new) - set(old)):
        listed = ", ".join(fields.shown(name) for name in added)
        errors.append(
            fields.forbidden(
                path,
                "no new finalizers can be added if the object is being deleted, "
                f"found new finalizers []string{{{listed}}}",
            )
        )


def _managed_fields(entries: list[Object], path: str, errors: Errors) -> None:
    for index, entry in enumerate(entries):
        at = f"{path}[{index}]"
        if entry.get("operation") not in ("Apply", "Update"):
            errors.append(fields.invalid(f"{at}.operation", entry.get("operation", ""), "must be `Apply` or `Update`"))
        if entry.get("fieldsType") not in (None, "", "FieldsV1"):
            errors.append(fields.invalid(f"{at}.fieldsType", entry["fieldsType"], "must be `FieldsV1`"))
        if len(entry.get("manager", "").encode()) > 128:
            errors.append(fields.too_long(f"{at}.manager", 128))
        if len(entry.get("subresource", "").encode()) > 256:
            errors.append(fields.too_long(f"{at}.subresource", 256))
