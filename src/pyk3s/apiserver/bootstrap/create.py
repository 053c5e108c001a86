"""Creates what is missing at start, and brings the `kubernetes` endpoints up to date."""

import pathlib
from typing import Any

from pyk3s.api import decoding, defaulting, status
from pyk3s.apiserver import own_writes
from pyk3s.apiserver.bootstrap import objects
from pyk3s.apiserver.flowcontrol import defaults as flows
from pyk3s.apiserver.registry import context, creation, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.settings import ApiSettings

JSON = dict[str, Any]


async def everything(registry: registries.Registry, settings: ApiSettings) -> None:
    """Create the objects of a new cluster; those that exist stay, except the server's own endpoints."""
    address, port = settings.advertise_address, settings.advertise_port or settings.port
    made = [
        *objects.namespaces(),
        *objects.priority_classes(),
        objects.service_cidr(settings.service_cidr),
        objects.kubernetes_service(settings.service_cidr, port),
        *flows.objects(),
    ]
    for obj in made:
        await ensure(registry, obj)
    if settings.client_ca is not None:
        await ensure(registry, _authentication_config(settings, settings.client_ca), update=("data",))
    await ensure(registry, objects.kubernetes_endpoints(address, port), update=("subsets",))
    await ensure(registry, objects.kubernetes_endpoint_slice(address, port), update=("endpoints", "ports"))


def _authentication_config(settings: ApiSettings, client_ca: pathlib.Path) -> JSON:
    ours, proxy = settings.request_header_ca, settings.proxy_identity
    return objects.authentication_config(
        client_ca.read_text(), ours.read_text() if ours else "", proxy.common_name if proxy else ""
    )


async def ensure(registry: registries.Registry, obj: JSON, *, update: tuple[str, ...] = ()) -> None:
    """Create an object if it is missing; otherwise bring the fields `update` to what `obj` says."""
    group, _, version = obj["apiVersion"].rpartition("/")
    resource = registry.catalog.by_kind(group, version, obj["kind"])
    if resource is None:
        raise LookupError(f"{obj['kind']} is not served")
    store = registry.store(resource)
    metadata = obj["metadata"]
    entry = store.collection.get(store.key(metadata.get("namespace", ""), metadata["name"]))
    write = own_writes.write(registry)
    decoding.conform(resource, obj, "Strict")
    defaulting.apply_defaults(resource, obj)
    if entry is None:
        try:
            await creation.create(registry, store, obj, namespace=metadata.get("namespace", ""), write=write)
        except status.StatusError as error:
            raise RuntimeError(f"cannot create {obj['kind']} {metadata['name']}: {error.message}") from error
    elif update:
        await _refresh(registry, store, obj, update, write)


async def _refresh(
    registry: registries.Registry, store: stores.ResourceStore, obj: JSON, keys: tuple[str, ...], write: context.Write
) -> None:
    def transform(live: JSON) -> JSON:
        return {**live, **{key: obj[key] for key in keys}}

    metadata = obj["metadata"]
    change = updating.Change(transform, retries=True)
    await updating.update(registry, store, metadata.get("namespace", ""), metadata["name"], change, write)
