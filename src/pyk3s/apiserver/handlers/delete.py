"""DELETE of one object, and of all objects that a list would show."""

from typing import Any

import msgspec

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.handlers import listing, options
from pyk3s.apiserver.registry import deletion
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores


async def delete(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """Delete the object; answers with it or, where it is gone and its kind does so, with a Status."""
    store, route = registry.store(call.resource), call.route
    asked = options.delete(registry, call)
    _warn(store, call, asked)
    done = await deletion.delete(registry, store, route.namespace, route.name, options=asked.options, write=asked.write)
    if done.gone and not store.strategy.returns_deleted:
        return calls.Outcome(200, msgspec.json.encode(_success(store, route.name, done.uid)))
    code = 202 if not done.gone and asked.options.orphan is False else 200
    return calls.Outcome(code, representation.reshaped(store, call, done.body, registry.clock.time()))


def _warn(store: stores.ResourceStore, call: calls.Call, asked: options.Delete) -> None:
    if asked.options.orphan is None and not asked.options.propagation and (told := store.strategy.orphan_warning):
        call.warnings.append(told)


def _success(store: stores.ResourceStore, name: str, uid: str) -> dict[str, Any]:
    resource = store.served
    details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": uid}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


async def delete_collection(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """Delete what a list would show; answers with that list."""
    store = registry.store(call.resource)
    asked = options.delete(registry, call)
    page = await listing.find(registry, store, call)
    for entry in page.entries:
        try:
            await deletion.delete(
                registry, store, entry.namespace, entry.name, options=asked.options, write=asked.write
            )
        except status.StatusError as error:
            if error.code != 404:  # somebody else was faster
                raise
    shown = representation.chosen(store, call, registry.clock.time())
    return calls.Outcome(200, shown.joined(page.entries, {"resourceVersion": str(registry.cache.revision)}))
