"""PUT: an object in place of the one that is there."""

import dataclasses

from pyk3s.api import status
from pyk3s.api.validation import kinds
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import representation
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import updating

JSON = registries.JSON


async def put(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """Replace the object; 200, or 201 where the kind lets PUT create."""
    resource = call.resource
    creates = kinds.rules(resource.group, resource.plural).create_on_update
    return await replace(registry, call, updating.Change(creates=creates))


async def replace(registry: registries.Registry, call: calls.Call, change: updating.Change) -> calls.Outcome:
    """Carry out a change whose new object is the request's body, and answer with the object."""
    store, route = registry.store(call.resource), call.route
    write = options.write(registry, call, "UpdateOptions")
    change = dataclasses.replace(change, transform=reader(call))
    updated = await updating.update(registry, store, route.namespace, route.name, change, write)
    shown = representation.reshaped(store, call, updated.body, registry.clock.time())
    return calls.Outcome(201 if updated.created else 200, shown)


def reader(call: calls.Call) -> updating.Transform:
    """Makes the new object out of the body, read at once: what is wrong with it comes before what is not there.

    Read afresh after a conflict, since the first try has changed the object.
    """
    read = [body.read(call, call.resource)]
    check_name(call, read[0])

    def transform(old: JSON) -> JSON:
        if read:
            return read.pop()
        obj = body.read(call, call.resource)
        check_name(call, obj)
        return obj

    return transform


def check_name(call: calls.Call, obj: JSON) -> None:
    """The object is the one that the path names; raises 400."""
    metadata, stated = obj.setdefault("metadata", {}), call.route.name
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not name:
        raise status.bad_request(
            f"the name of the object ({stated} based on URL) was undeterminable: name must be provided"
        )
    if name != stated:
        raise status.bad_request(f"the name of the object ({name}) does not match the name on the URL ({stated})")
