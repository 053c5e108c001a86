"""PATCH in all four kinds: JSON patch, merge patch, strategic merge patch, server-side apply."""

import contextlib
from collections.abc import Callable, Iterator

import msgspec

from pyk3s.api import decoding, fields, status, validation, yaml_body
from pyk3s.api.patching import element_order, json_patch, merge_patch, strategic
from pyk3s.api.schema import explaining
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.handlers import body, options, put
from pyk3s.apiserver.registry import context, owning, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores

JSON = registries.JSON
UNKNOWN_FORMAT = "the body of the request was in an unknown format - accepted media types include: "
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
Patch = Callable[[JSON], JSON]


async def patch(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """Patch the object; 200, or 201 where an apply created it."""
    return await change_by_patch(registry, call)


async def change_by_patch(
    registry: registries.Registry, call: calls.Call, base: updating.Change | None = None
) -> calls.Outcome:
    """Patch an object or, with `base`, one of its sub-resources."""
    store, route = registry.store(call.resource), call.route
    kind = content_type(call, store)
    _check_options(call, kind)
    write = options.write(registry, call, "PatchOptions")
    transform = _transform(registry, store, call, kind, write)
    applies = kind == APPLY_PATCH
    change = updating.Change(
        transform,
        subresource=base.subresource if base else "",
        prepare=base.prepare if base else None,
        validate=base.validate if base else validation.validate_update,
        creates=applies and base is None,
        owns=not applies,
        retries=True,
    )
    updated = await updating.update(registry, store, route.namespace, route.name, change, write)
    shown = representation.reshaped(store, call, updated.body, registry.clock.time())
    return calls.Outcome(201 if updated.created else 200, shown)


def content_type(call: calls.Call, store: stores.ResourceStore) -> str:
    """The kind of patch; raises 415."""
    stated = call.request.headers.get("content-type").split(";", 1)[0].strip().lower()
    allowed: tuple[str, ...] = (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
    if not store.typed_items:
        allowed = (*allowed, STRATEGIC_PATCH)
    if stated not in allowed and store.served.custom:
        raise status.StatusError(415, "UnsupportedMediaType", UNKNOWN_FORMAT + ", ".join(allowed))
    if stated not in allowed:
        raise status.StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    return stated


def _check_options(call: calls.Call, kind: str) -> None:
    errors = []
    if kind == APPLY_PATCH:
        if not call.parameter("fieldManager"):
            errors.append(fields.required("fieldManager", "is required for apply patch"))
    elif "force" in call.query:
        errors.append(fields.forbidden("force", "may not be specified for non-apply patch"))
    options.refuse("PatchOptions", errors)


def _transform(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, kind: str, write: context.Write
) -> updating.Transform:
    if kind == APPLY_PATCH:
        return _apply(registry, store, call, write)
    patched = _PATCHES[kind](registry, store, call)

    def transform(old: JSON) -> JSON:
        obj = patched(old)
        if kind != STRATEGIC_PATCH:
            _check_type(registry, store, obj)
        put.check_name(call, obj)
        with _fitting_map(call) if kind == STRATEGIC_PATCH else _fitting(obj):
            body.settle(call, store.served, obj)
        return obj

    return transform


def patched_view(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, shown: JSON, expected: decoding.Body
) -> JSON:
    """A view of an object, such as its Scale, after the patch in the body, which is no apply."""
    kind = content_type(call, store)
    chosen = MERGE_PATCH if kind == STRATEGIC_PATCH else kind  # a Scale has no lists to merge
    obj = _PATCHES[chosen](registry, store, call)(shown)
    with _fitting(obj):
        call.warnings += decoding.conform(expected, obj, options.field_validation(call))
    return obj


@contextlib.contextmanager
def _fitting(obj: JSON) -> Iterator[None]:
    """What a patch has made of an object and does not fit is told as an invalid patch."""
    text = msgspec.json.encode(obj).decode()
    try:
        yield
    except decoding.CannotHandle as error:
        raise status.invalid("", "", "", [fields.invalid("patch", text, error.why)]) from None


@contextlib.contextmanager
def _fitting_map(call: calls.Call) -> Iterator[None]:
    """The same of a strategic merge, of which the message repeats the patch."""
    try:
        yield
    except decoding.CannotHandle as error:
        shown = element_order.go_text(merge_patch.parse(call.request.body))
        raise status.invalid("", "", "", [fields.invalid("patch", shown, error.restored)]) from None


def _check_type(registry: registries.Registry, store: stores.ResourceStore, obj: JSON) -> None:
    """Refuse a patch that makes another kind of an object; another version of the same kind is read as such."""
    served = store.served
    kind, api_version = obj.get("kind") or served.kind, obj.get("apiVersion") or served.api_version
    if served.custom and kind != served.kind:
        name, error = (
            (obj.get("metadata") or {}).get("name", ""),
            fields.invalid("kind", kind, f"must be {served.kind}"),
        )
        raise status.invalid(served.group, kind, name, [error])
    if served.custom or (kind, api_version) == (served.kind, served.api_version):
        return
    version = str(api_version).rpartition("/")[2]
    if any((each.kind, each.api_version) == (kind, api_version) for each in registry.catalog):
        if kind == served.kind:
            return
        package = served.group.partition(".")[0] or "core"
        why = f"converting ({version}.{kind}) to ({package}.{served.kind}): unknown conversion"
    else:
        why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "{decoding.SCHEME}"'
    raise status.invalid("", "", "", [fields.invalid("patch", msgspec.json.encode(obj).decode(), why)])


def applied(call: calls.Call) -> tuple[JSON, list[str]]:
    """The configuration in the body of an apply, and what strict reading says of repeated keys."""
    try:
        value, repeated = yaml_body.parse(call.request.body)
    except yaml_body.YamlError as error:
        raise status.bad_request(f"error decoding YAML: error converting YAML to JSON: {error}") from error
    if not isinstance(value, dict | None):
        shown = explaining.shown_kind(value)
        why = f"json: cannot unmarshal {shown} into Go value of type map[string]interface {{}}"
        raise status.bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    return value or {}, repeated


def _tell_repeated(call: calls.Call, repeated: list[str]) -> None:
    """Refuse an apply that repeats keys, or warn of them; asked last, when all else was well."""
    if not repeated or (asked := options.field_validation(call)) == "Ignore":
        return
    lines = [line.partition("\n")[2].strip() for line in repeated]
    if asked == "Strict":
        told = "".join(f"\n  {line}" for line in lines)
        why = f"error converting YAML to JSON: yaml: unmarshal errors:{told}"
        raise status.bad_request(f"error strict decoding YAML: {why}")
    call.warnings += lines


def _json_patch(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> Patch:
    operations = json_patch.parse(call.request.body)
    return lambda old: json_patch.apply(old, operations)


def _merge_patch(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> Patch:
    change = merge_patch.parse(call.request.body)
    return lambda old: merge_patch.apply(old, change)


def _strategic_patch(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> Patch:
    type_ = registry.pack.type(store.served.definition)
    change = merge_patch.parse(call.request.body)
    return lambda old: strategic.apply(type_, old, change)


_PATCHES: dict[str, Callable[[registries.Registry, stores.ResourceStore, calls.Call], Patch]] = {
    JSON_PATCH: _json_patch,
    MERGE_PATCH: _merge_patch,
    STRATEGIC_PATCH: _strategic_patch,
}


def _apply(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, write: context.Write
) -> updating.Transform:

    def transform(old: JSON) -> JSON:
        wanted, repeated = applied(call)
        merged = owning.apply(registry, store, old or None, wanted, write, call.route.subresource)
        put.check_name(call, merged)
        body.settle(call, store.served, merged)
        _tell_repeated(call, repeated)
        return merged

    return transform
