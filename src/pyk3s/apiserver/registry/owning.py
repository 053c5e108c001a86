"""Field ownership of a write: calls of `api.ownership` with what the registry knows about a resource."""

from typing import Any

from pyk3s.api.ownership import apply as applying
from pyk3s.api.ownership import reset, update
from pyk3s.api.schema import types
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry.context import Write

JSON = dict[str, Any]


def track(
    registry: registries.Registry,
    store: stores.ResourceStore,
    old: JSON | None,
    new: JSON,
    write: Write,
    subresource: str,
) -> None:
    """Note in `new` what the writer changed since `old`."""
    resource = store.served
    update.track_update(
        _type(registry, store),
        old,
        new,
        manager=write.manager,
        api_version=resource.api_version,
        now=write.now,
        subresource=subresource,
        reset=reset.fields(resource.group, resource.plural, subresource),
    )


def apply(
    registry: registries.Registry,
    store: stores.ResourceStore,
    live: JSON | None,
    applied: JSON,
    write: Write,
    subresource: str,
) -> JSON:
    """The object after a server-side apply."""
    resource = store.served
    request = applying.Request(
        manager=write.manager,
        api_version=resource.api_version,
        kind=resource.kind,
        now=write.now,
        force=write.force,
        subresource=subresource,
        reset=reset.fields(resource.group, resource.plural, subresource),
    )
    result = applying.apply(_type(registry, store), live, applied, request)
    if resource.custom:
        _keep_empty(result, applied)
    return result


def _keep_empty(result: JSON, applied: JSON) -> None:
    """An object that is applied empty stays one, so that its defaults are filled in; built-in kinds see to that."""
    for name, value in applied.items():
        if isinstance(value, dict):
            if result.get(name) is None:
                result[name] = {}
            _keep_empty(result[name], value)


def _type(registry: registries.Registry, store: stores.ResourceStore) -> types.Type:
    resource = store.served
    return resource.custom.type if resource.custom else registry.pack.type(resource.definition)


def track_view(type_: types.Type, old: JSON, new: JSON, api_version: str, write: Write) -> None:
    """Note who changed a view such as a Scale, whose managedFields are those of the object behind it."""
    update.track_update(
        type_, old, new, manager=write.manager, api_version=api_version, now=write.now, subresource="scale"
    )


def apply_view(type_: types.Type, live: JSON, applied: JSON, api_version: str, write: Write) -> JSON:
    """A view such as a Scale after a server-side apply to it."""
    request = applying.Request(
        manager=write.manager,
        api_version=api_version,
        kind="Scale",
        now=write.now,
        force=write.force,
        subresource="scale",
    )
    return applying.apply(type_, live, applied, request)
