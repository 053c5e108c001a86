"""Field ownership of a write: calls of `api.ownership` with what the registry knows about a resource."""

from typing import Any

from pyk3s.api.ownership import apply as applying
from pyk3s.api.ownership import reset, update
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
        registry.pack.type(resource.definition),
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
    return applying.apply(registry.pack.type(resource.definition), live, applied, request)
