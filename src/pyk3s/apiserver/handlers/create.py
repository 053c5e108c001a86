"""POST: a new object."""

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import creation
from pyk3s.apiserver.registry import registry as registries


async def create(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """Create the object in the body; 201 and the object as it was stored."""
    write = options.write(registry, call, "CreateOptions")
    obj = body.read(call, call.resource)
    store = registry.store(call.resource)
    made = await creation.create(registry, store, obj, namespace=call.route.namespace, write=write)
    return calls.Outcome(201, representation.reshaped(store, call, made, registry.clock.time()))
