"""Changing an object: compute the new state from the live one, admit, validate, write; again if somebody was faster.

PUT, every PATCH and the sub-resources are all this, with another function from the old object to the new.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pyk3s.api import fields, status, validation
from pyk3s.api.ownership import update as ownership
from pyk3s.api.validation import kinds
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import creation, deletion, owning
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry.context import Write
from pyk3s.datastore import contract

JSON = registries.JSON
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
_KEPT_METADATA = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")

Transform = Callable[[JSON], JSON | Awaitable[JSON]]
"""Makes the new object from a copy of the old one; called again after a conflict."""
Prepare = Callable[[JSON, JSON, str], None]
Check = Callable[..., list[Any]]


@dataclass(frozen=True, slots=True)
class View:
    """What admission sees in place of the object: `show` makes it, `take` carries over what admission made of it."""

    show: Callable[[JSON], JSON]
    take: Callable[[JSON, JSON], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: how the new object is made, what it may touch, how it is checked."""

    transform: Transform = lambda old: old
    subresource: str = ""
    prepare: Prepare | None = None  # None: the strategy's for the main resource
    validate: Check = validation.validate_update
    creates: bool = False  # whether a missing object is created (PUT of some kinds, apply)
    owns: bool = True  # False: the transform has settled managedFields
    retries: bool = False  # whether the transform carries the old revision over, so that a conflict is no one's fault
    view: View | None = None  # of a sub-resource that is another kind
    admits: bool = True  # False: admission has seen the request's own object


@dataclass(frozen=True, slots=True)
class Updated:
    """The object's bytes after the change, and whether it was created by it."""

    body: bytes
    created: bool = False


async def update(
    registry: registries.Registry, store: stores.ResourceStore, namespace: str, name: str, change: Change, write: Write
) -> Updated:
    """Carry out a change; raises StatusError."""
    while True:
        entry = store.collection.get(store.key(namespace, name))
        if entry is None:
            return await _create(registry, store, namespace, name, change, write)
        readable = await store.readable(entry)
        old = store.decode(readable)
        new = await _made(change, store.decode(readable))
        pinned = _check_revision(store, new, old, retries=change.retries)
        try:
            return Updated(await _write(registry, store, entry, new, old, change, write))
        except contract.Conflict:
            if pinned:
                raise _modified(store, name) from None


async def _made(change: Change, old: JSON) -> JSON:
    made = change.transform(old)
    return await made if isinstance(made, Awaitable) else made


async def _create(
    registry: registries.Registry, store: stores.ResourceStore, namespace: str, name: str, change: Change, write: Write
) -> Updated:
    resource = store.served
    if not change.creates:
        raise status.not_found(resource.group, resource.plural, name)
    obj = await _made(change, {})
    metadata = obj.setdefault("metadata", {})
    if metadata.get("resourceVersion") not in (None, "", "0"):
        raise status.not_found(resource.group, resource.plural, name)
    if metadata.get("uid"):
        uid = metadata["uid"]
        if change.retries:
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        else:
            why = _other_uid(store, namespace, name, uid, "")
        raise status.conflict(resource.group, resource.plural, name, why)
    metadata.pop("resourceVersion", None)
    body = await creation.create(registry, store, obj, namespace=namespace, write=write, owns=change.owns)
    return Updated(body, created=True)


def _other_uid(store: stores.ResourceStore, namespace: str, name: str, asked: str, found: str) -> str:
    key = f"{store.collection.prefix}{store.key(namespace, name)}"
    return (
        f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {asked}, UID in object meta: {found}"
    )


def _check_revision(store: stores.ResourceStore, new: JSON, old: JSON, *, retries: bool) -> bool:
    """Whether the new object insists on a revision of the old one; raises 409 if that is not the present one."""
    resource, metadata, before = store.served, new["metadata"], old["metadata"]
    name = before["name"]
    if not retries and (uid := metadata.get("uid")) and uid != before["uid"]:
        why = _other_uid(store, before.get("namespace", ""), name, uid, before["uid"])
        raise status.conflict(resource.group, resource.plural, name, why)
    revision = metadata.get("resourceVersion") or ""
    if revision and not revision.isdigit():
        raise status.bare(f'strconv.ParseUint: parsing "{revision}": invalid syntax')
    if not revision or int(revision) == 0:
        if not kinds.rules(resource.group, resource.plural).unconditional_update:
            raise status.invalid(resource.group, resource.plural, name, [_needs_revision()])
        return False
    if revision != before["resourceVersion"]:
        raise _modified(store, name)
    return not retries


def _needs_revision() -> fields.FieldError:
    return fields.invalid("metadata.resourceVersion", 0, "must be specified for an update")


def _modified(store: stores.ResourceStore, name: str) -> status.StatusError:
    return status.conflict(store.served.group, store.served.plural, name, MODIFIED)


async def _write(
    registry: registries.Registry,
    store: stores.ResourceStore,
    entry: entries.Entry,
    new: JSON,
    old: JSON,
    change: Change,
    write: Write,
) -> bytes:
    _carry_metadata(store, new, old)
    store.strategy.complete(new)
    if change.owns:
        owning.track(registry, store, old, new, write, change.subresource)
    attributes = _attributes(store, new, old, change, write)
    if change.admits:
        await registry.admission.mutate(attributes)
    if change.view is not None:
        change.view.take(new, attributes.object)
    (change.prepare or store.strategy.prepare_update)(new, old, write.now)
    errors = change.validate(store.served, new, old)
    if errors:
        raise status.invalid(store.served.group, store.served.kind, old["metadata"]["name"], errors)
    if change.admits:
        await registry.admission.validate(attributes)
    ownership.keep_timestamps(old, new)
    if new == old and store.is_current(entry):
        return store.shown(await store.readable(entry))
    if _is_released(store, new, old):
        if write.dry_run:
            return store.encode_unwritten(new)
        return await deletion.remove(registry, store, entry, new, last=old)
    store.strategy.allocate(new, old)
    if write.dry_run:
        store.strategy.replaced(old, new)
        return store.encode_unwritten(new)
    try:
        encode = await store.encoder(new)
        record = await registry.datastore.put(
            store.path(entry.key), encode, expected=entry.revision, lazy=store.strategy.lazy
        )
    except BaseException:
        store.strategy.replaced(old, new)  # what only the new object held is free again
        raise
    store.strategy.replaced(new, old)
    return store.shown(await store.readable(entries.Entry(entry.key, record.revision, record.value)))


def _carry_metadata(store: stores.ResourceStore, new: JSON, old: JSON) -> None:
    """What only the server writes stays as it is; what clients often leave out is filled in."""
    metadata, before = new["metadata"], old["metadata"]
    creation.settle_namespace(store, metadata, before.get("namespace", ""))
    metadata["resourceVersion"] = before["resourceVersion"]
    if not metadata.get("uid"):
        metadata["uid"] = before["uid"]
    metadata.setdefault("name", before["name"])
    metadata.pop("selfLink", None)
    for key in _KEPT_METADATA:
        if key in before:
            metadata[key] = before[key]
        else:
            metadata.pop(key, None)


def _attributes(store: stores.ResourceStore, new: JSON, old: JSON, change: Change, write: Write) -> chain.Attributes:
    metadata, view = old["metadata"], change.view
    return chain.Attributes(
        chain.UPDATE,
        store.served,
        metadata.get("namespace", ""),
        metadata["name"],
        write.user,
        new if view is None else view.show(new),
        old if view is None else view.show(old),
        subresource=change.subresource,
        dry_run=write.dry_run,
        options=write.options,
        warnings=write.warnings,
        annotations=write.annotations,
    )


def _is_released(store: stores.ResourceStore, new: JSON, old: JSON) -> bool:
    """Whether this change takes the last finalizer from an object that is being deleted."""
    metadata = new["metadata"]
    return bool(
        metadata.get("deletionTimestamp")
        and not metadata.get("deletionGracePeriodSeconds")
        and not metadata.get("finalizers")
        and not store.strategy.holds(new)
        and (old["metadata"].get("finalizers") or store.strategy.holds(old))
    )
