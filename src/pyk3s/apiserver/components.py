"""`componentstatuses`, as far as this process can tell: the datastore, under the name that clients look for.

Nothing of it is stored. Schedulers and controllers are other processes, whose health their own endpoints tell.
"""

from typing import Any

import msgspec

from pyk3s.api import catalog, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch, representation
from pyk3s.apiserver.cache import collection, entry, selection
from pyk3s.apiserver.handlers import selecting
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.strategies import base
from pyk3s.datastore import contract

JSON = dict[str, Any]
PLURAL, DATASTORE = "componentstatuses", "etcd-0"


def install(dispatcher: dispatch.Dispatcher) -> None:
    """Answer get and list of component statuses."""
    dispatcher.add_review("", PLURAL, answer)


async def answer(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """One component, or the list of them, in the form asked for; raises 400, 404."""
    store = _store(call.resource)
    if call.verb == "get" and call.route.name != DATASTORE:
        raise status.not_found("", PLURAL, call.route.name)
    measured = entry.Entry(DATASTORE, 0, msgspec.json.encode(await _measured(registry.datastore)))
    shown = representation.chosen(store, call, registry.clock.time())
    if call.verb == "get":
        return calls.Outcome(200, shown.shown(measured))
    matches = selecting.select(store, call).matches
    return calls.Outcome(200, shown.joined([measured] if matches is None or matches(measured) else [], {}))


def _store(resource: catalog.Resource) -> stores.ResourceStore:
    """What handlers know of a resource, over nothing."""
    nothing = collection.Collection("", selection.Projection(), 0)
    return stores.ResourceStore(resource, resource, nothing, base.Strategy())


async def _measured(datastore: contract.Datastore) -> JSON:
    healthy: JSON = {"type": "Healthy", "status": "True", "message": "ok"}
    try:
        await datastore.check()
    except contract.Unavailable as error:
        healthy = {"type": "Healthy", "status": "False", "error": str(error)}
    return {
        "kind": "ComponentStatus",
        "apiVersion": "v1",
        "metadata": {"name": DATASTORE},
        "conditions": [healthy],
    }
