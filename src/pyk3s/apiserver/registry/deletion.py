"""Deleting an object: now, after a grace period, or when its finalizers are gone."""

import datetime
from typing import NamedTuple

from pyk3s.api import status
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry.context import DeleteOptions, Write
from pyk3s.datastore import contract
from pyk3s.lib import timestamps

JSON = registries.JSON
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


class Deleted(NamedTuple):
    """What became of it: its bytes as they are now (or were last), and whether it is gone."""

    body: bytes
    gone: bool
    uid: str


class Step(NamedTuple):
    """What a wish to delete means for an object: write it changed, remove it, both in this order, or neither."""

    remove: bool
    write: bool


async def delete(
    registry: registries.Registry,
    store: stores.ResourceStore,
    namespace: str,
    name: str,
    *,
    options: DeleteOptions,
    write: Write,
) -> Deleted:
    """Delete one object. Raises StatusError: not found, precondition failed, refused."""
    admitted = False
    while True:
        entry = store.entry(namespace, name)
        obj = store.decode(await store.readable(entry))
        check_preconditions(store, obj, options)
        if not admitted:
            attributes = chain.Attributes(
                chain.DELETE, store.served, namespace, name, write.user, {}, old=obj,
                dry_run=write.dry_run, options=write.options, warnings=write.warnings,
                annotations=write.annotations,
            )  # fmt: skip
            await registry.admission.mutate(attributes)
            await registry.admission.validate(attributes)
            admitted = True
            continue  # what was admitted may have changed meanwhile
        step = plan(store, obj, options, write.now)
        try:
            return await _carry_out(registry, store, entry, obj, step, dry_run=write.dry_run)
        except contract.Conflict:
            continue


def plan(store: stores.ResourceStore, obj: JSON, options: DeleteOptions, now: str) -> Step:
    """Mark `obj` as the wish to delete it demands, and say what to do with it."""
    metadata, strategy = obj["metadata"], store.strategy
    deleting = metadata.get("deletionTimestamp")
    graceful = False
    asked = 1 if options.grace is not None and options.grace < 0 else options.grace
    if deleting:
        if current := metadata.get("deletionGracePeriodSeconds"):
            if asked is None or asked >= current:
                return Step(remove=False, write=False)
            metadata["deletionTimestamp"] = _shifted(deleting, asked - current)
            metadata["deletionGracePeriodSeconds"] = asked
            graceful = True
    elif (period := strategy.grace(obj, asked)) is not None:
        metadata["deletionTimestamp"] = _shifted(now, period)
        metadata["deletionGracePeriodSeconds"] = period
        _count(metadata)
        graceful = True
    changed = _settle_finalizers(store, metadata, options)
    if metadata.get("finalizers") or strategy.holds(obj):
        if not graceful:
            changed |= _mark(store, obj, now)
        return Step(remove=False, write=changed or graceful)
    if graceful and metadata["deletionGracePeriodSeconds"] > 0:
        return Step(remove=False, write=True)
    return Step(remove=True, write=graceful)


def _mark(store: stores.ResourceStore, obj: JSON, now: str) -> bool:
    """Note that deletion waits for finalizers only."""
    metadata = obj["metadata"]
    before = dict(metadata)
    held_by_kind = store.strategy.holds(obj) and not metadata.get("finalizers")
    if not metadata.get("deletionTimestamp"):
        if not held_by_kind:
            _count(metadata)
        metadata["deletionTimestamp"] = now
    if held_by_kind:
        store.strategy.mark_deleting(obj)
        return bool(metadata != before)
    metadata["deletionGracePeriodSeconds"] = 0
    store.strategy.mark_deleting(obj)
    return bool(metadata != before)


def _count(metadata: JSON) -> None:
    if metadata.get("generation"):
        metadata["generation"] += 1


def _shifted(stamp: str, seconds: int) -> str:
    moment = datetime.datetime.fromtimestamp(timestamps.parse_rfc3339(stamp), datetime.UTC)
    try:
        return (moment + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return "9999-12-31T23:59:59Z"


def _settle_finalizers(store: stores.ResourceStore, metadata: JSON, options: DeleteOptions) -> bool:
    """Let the finalizers of garbage collection follow the options; says whether that changed anything."""
    held: list[str] = metadata.get("finalizers") or []
    wanted = [name for name in held if name not in (ORPHAN, FOREGROUND)]
    if _orphans(store, held, options):
        wanted.append(ORPHAN)
    if _foreground(held, options):
        wanted.append(FOREGROUND)
    if set(wanted) == set(held):
        return False
    if wanted:
        metadata["finalizers"] = wanted
    else:
        metadata.pop("finalizers", None)
    return True


def _orphans(store: stores.ResourceStore, held: list[str], options: DeleteOptions) -> bool:
    if options.orphan is not None:
        return options.orphan
    if options.propagation:
        return bool(options.propagation == "Orphan")
    if ORPHAN in held:
        return True
    return store.strategy.orphans_by_default and FOREGROUND not in held


def _foreground(held: list[str], options: DeleteOptions) -> bool:
    if options.orphan is not None:
        return False
    if options.propagation:
        return bool(options.propagation == "Foreground")
    return FOREGROUND in held


def check_preconditions(store: stores.ResourceStore, obj: JSON, options: DeleteOptions) -> None:
    """Raises 409 if the object is not the one, or not of the revision, that is to be deleted."""
    resource, metadata = store.served, obj["metadata"]
    name = metadata["name"]
    if options.uid and options.uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise status.conflict(resource.group, resource.kind, name, why)
    if options.revision and options.revision != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({options.revision}) does not match the ResourceVersion in "
            f"record ({metadata['resourceVersion']}). The object might have been modified"
        )
        raise status.conflict(resource.group, resource.kind, name, why)


async def _carry_out(
    registry: registries.Registry,
    store: stores.ResourceStore,
    entry: entries.Entry,
    obj: JSON,
    step: Step,
    *,
    dry_run: bool,
) -> Deleted:
    uid = obj["metadata"]["uid"]
    if dry_run or not (step.remove or step.write):
        return Deleted(store.encode_unwritten(obj), step.remove, uid)
    if step.write:
        encode = await store.encoder(obj)
        record = await registry.datastore.put(
            store.path(entry.key), encode, expected=entry.revision, lazy=store.strategy.lazy
        )
        entry = entries.Entry(entry.key, record.revision, record.value)
    if step.remove:
        return Deleted(await remove(registry, store, entry, obj, last=obj), True, uid)
    return Deleted(store.shown(await store.readable(entry)), False, uid)


async def remove(
    registry: registries.Registry, store: stores.ResourceStore, entry: entries.Entry, obj: JSON, *, last: JSON
) -> bytes:
    """Take an object out of the datastore; watchers see `last`, the caller gets `obj`, both at the final revision.

    Raises contract.Conflict.
    """
    encode, encode_told = await store.encoder(last), None if obj is last else await store.encoder(obj)
    record = await registry.datastore.delete(
        store.path(entry.key), encode, expected=entry.revision, lazy=store.strategy.lazy
    )
    store.strategy.removed(obj)
    value = encode_told(record.revision) if encode_told is not None else record.value
    return store.shown(await store.readable(entries.Entry(entry.key, record.revision, value)))
