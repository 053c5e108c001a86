"""GET of one object: its bytes out of the cache."""

from collections.abc import Coroutine
from typing import Any

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.handlers import listing
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores


def get(registry: registries.Registry, call: calls.Call) -> calls.Outcome | Coroutine[Any, Any, calls.Outcome]:
    """One object in the form asked for; raises 404 and, for a revision that does not exist yet, 504."""
    store = registry.store(call.resource)
    if call.request.raw_query:
        listing.check_reached(registry, call.parameter("resourceVersion"))
    entry = store.entry(call.route.namespace, call.route.name)
    return _shown(registry, store, call, entry) if store.converter is None else _read(registry, store, call, entry)


async def _read(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, entry: entries.Entry
) -> calls.Outcome:
    return _shown(registry, store, call, await store.readable(entry))


def _shown(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, entry: entries.Entry
) -> calls.Outcome:
    if not call.form.shape:
        return calls.Outcome(200, store.shown(entry))
    return calls.Outcome(200, representation.chosen(store, call, registry.clock.time()).shown(entry))
