"""How a webhook or policy changes the object of an operation: in the form that it saw, brought back and defaulted."""

from typing import Any

from pyk3s.api import catalog, decoding, defaulting, status
from pyk3s.apiserver.admission import chain, selecting
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]


async def take_over(
    registry: registries.Registry,
    attributes: chain.Attributes,
    before: JSON,
    changed: JSON,
    *,
    seen_as: catalog.Resource,
) -> bool:
    """Put what somebody made of `before`, the object seen as one of its forms, into its place; whether it differs.

    Unknown fields are stripped, owners of fields stay; the body of a sub-resource stays as it was made. Raises
    StatusError for what is no such object, and for the parameters of a connection, which is made as it was asked for
    or not at all.
    """
    if changed == before:
        return False
    if attributes.operation == chain.CONNECT:
        raise status.bad_request("the parameters of a connection cannot be changed")
    obj = attributes.object
    if obj.get("kind") not in (None, "", attributes.resource.kind):
        obj.clear()
        obj.update(changed)
        return True
    decoding.conform(seen_as, changed, "Ignore")
    _keep_owners(changed, before)
    brought_back = await selecting.in_form(registry, changed, seen_as, attributes.resource) or changed
    defaulting.apply_defaults(attributes.resource, brought_back)
    obj.clear()
    obj.update(brought_back)
    return True


def _keep_owners(changed: JSON, before: JSON) -> None:
    """Neither webhooks nor policies decide who owns fields."""
    owners = (before.get("metadata") or {}).get("managedFields")
    metadata = changed.setdefault("metadata", {})
    if owners is None:
        metadata.pop("managedFields", None)
    else:
        metadata["managedFields"] = owners
