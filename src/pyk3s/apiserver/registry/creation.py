"""Creating an object: complete its metadata, admit, bring it into its first state, validate, own its fields, write."""

from pyk3s.api import status, validation
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import owning
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry.context import Write
from pyk3s.datastore import contract
from pyk3s.lib import randomness

JSON = registries.JSON
NAME_TRIES = 8
_CLEARED = ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion")


async def create(
    registry: registries.Registry,
    store: stores.ResourceStore,
    obj: JSON,
    *,
    namespace: str,
    write: Write,
    owns: bool = True,
) -> bytes:
    """Write a new object, decoded and defaulted; returns its bytes in the served version. Raises StatusError.

    `owns` is False where managedFields are settled already, by an apply.
    """
    metadata = obj.setdefault("metadata", {})
    if metadata.get("resourceVersion"):
        raise status.bare("resourceVersion should not be set on objects to be created")
    settle_namespace(store, metadata, namespace)
    for key in _CLEARED:
        metadata.pop(key, None)
    metadata["creationTimestamp"] = write.now
    metadata["uid"] = new_uid()
    store.strategy.complete(obj)
    if owns:
        owning.track(registry, store, None, obj, write, "")
    generates = not metadata.get("name") and bool(metadata.get("generateName"))
    if generates:
        metadata["name"] = registries.generated_name(metadata["generateName"])
    attributes = chain.Attributes(
        chain.CREATE,
        store.served,
        namespace,
        metadata.get("name", ""),
        write.user,
        obj,
        dry_run=write.dry_run,
        options=write.options,
        warnings=write.warnings,
        annotations=write.annotations,
    )
    await registry.admission.mutate(attributes)
    _prepare(store, obj, write)
    return await _checked_write(registry, store, obj, attributes, generates=generates)


def settle_namespace(store: stores.ResourceStore, metadata: JSON, namespace: str) -> None:
    """The namespace of an object is that of its path; raises 400 if it says otherwise."""
    if not store.served.namespaced:
        metadata.pop("namespace", None)
    else:
        agree_on_namespace(metadata, namespace)


def agree_on_namespace(metadata: JSON, namespace: str) -> None:
    """Complete the metadata of what lies in a namespace; raises 400 if it says another."""
    if (metadata.get("namespace") or namespace) != namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    metadata["namespace"] = namespace


def new_uid() -> str:
    """A random UUID, version 4."""
    drawn = randomness.draw()
    digits, variant = drawn.hex(), "89ab"[drawn[8] & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _prepare(store: stores.ResourceStore, obj: JSON, write: Write) -> None:
    strategy = store.strategy
    strategy.prepare_create(obj, write.now)
    if strategy.finalizers:
        held = obj["metadata"].setdefault("finalizers", [])
        held += [name for name in strategy.finalizers if name not in held]


async def _checked_write(
    registry: registries.Registry,
    store: stores.ResourceStore,
    obj: JSON,
    attributes: chain.Attributes,
    *,
    generates: bool,
) -> bytes:
    resource, metadata = store.served, obj["metadata"]
    errors = validation.validate_create(resource, obj)
    if errors:
        raise status.invalid(resource.group, resource.kind, metadata.get("name", ""), errors)
    attributes.name = metadata["name"]
    await registry.admission.validate(attributes)
    store.strategy.allocate(obj, None)
    try:
        body = await _write(registry, store, obj, dry_run=attributes.dry_run, generates=generates)
    except BaseException:
        store.strategy.removed(obj)
        raise
    if attributes.dry_run:
        store.strategy.removed(obj)
    return body


async def _write(
    registry: registries.Registry, store: stores.ResourceStore, obj: JSON, *, dry_run: bool, generates: bool
) -> bytes:
    """Write under the object's name, or under another generated one if it is taken; raises 409."""
    resource, metadata = store.served, obj["metadata"]
    for _ in range(NAME_TRIES):
        key = store.key(metadata.get("namespace", ""), metadata["name"])
        if store.collection.get(key) is None:
            if dry_run:
                return store.encode_unwritten(obj)
            try:
                return await _put(registry, store, key, obj)
            except contract.Conflict:
                pass
        if not generates:
            break
        metadata["name"] = registries.generated_name(metadata["generateName"])
    raise status.already_exists(resource.group, resource.plural, metadata["name"])


async def _put(registry: registries.Registry, store: stores.ResourceStore, key: str, obj: JSON) -> bytes:
    encode = store.encode(obj) if store.converter is None else await store.encoder(obj)
    record = await registry.datastore.put(store.path(key), encode, expected=0, lazy=store.strategy.lazy)
    if not store.converts:
        return record.value
    return store.shown(await store.readable(entries.Entry(key, record.revision, record.value)))
