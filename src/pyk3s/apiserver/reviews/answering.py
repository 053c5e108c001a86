"""What all reviews share: reading the body, owning its fields, answering 201."""

from typing import Any

from pyk3s.api import decoding
from pyk3s.api.ownership import update as ownership
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]


def read(call: calls.Call) -> JSON:
    """The review in the request's body."""
    resource = call.resource
    expected = decoding.Body(resource.group, resource.version, resource.kind, resource.definition)
    return body.read_other(call, expected)


def answer(registry: registries.Registry, call: calls.Call, review: JSON, status: JSON) -> calls.Outcome:
    """The review with its status; managedFields as if it had been created."""
    resource = call.resource
    write = options.write(registry, call, "CreateOptions")
    metadata = {key: value for key, value in (review.get("metadata") or {}).items() if key != "managedFields"}
    made: JSON = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if "spec" in review:
        made["spec"] = review["spec"]
    type_ = registry.pack.type(resource.definition)
    ownership.track_update(type_, None, made, manager=write.manager, api_version=resource.api_version, now=write.now)
    return rendering.encoded(201, {**made, "status": status})
