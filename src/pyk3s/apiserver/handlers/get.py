"""GET of one object: its bytes out of the cache."""

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.handlers import listing
from pyk3s.apiserver.registry import registry as registries


def get(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """One object in the form asked for; raises 404 and, for a revision that does not exist yet, 504."""
    store = registry.store(call.resource)
    if call.request.raw_query:
        listing.check_reached(registry, call.parameter("resourceVersion"))
    entry = store.entry(call.route.namespace, call.route.name)
    if not call.form.shape:
        return calls.Outcome(200, store.shown(entry))
    return calls.Outcome(200, representation.chosen(store, call, registry.clock.time()).shown(entry))
