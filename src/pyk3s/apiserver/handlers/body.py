"""The object in a request's body: decoded, of the kind that the path speaks of, without unknown fields."""

from typing import Any

from pyk3s.api import catalog, decoding, defaulting
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.handlers import options

JSON = dict[str, Any]


def read(call: calls.Call, resource: catalog.Resource) -> JSON:
    """The body as an object of a resource, with defaults; raises 400, 415, 422."""
    content_type = call.request.headers.get("content-type")
    obj, warnings = decoding.read(resource, call.request.body, content_type, options.field_validation(call))
    call.warnings += warnings
    defaulting.apply_defaults(resource, obj)
    return obj


def read_other(call: calls.Call, expected: decoding.Body) -> JSON:
    """The body where it is not the resource's object: a Scale, an Eviction, a review; raises 400, 415, 422."""
    content_type = call.request.headers.get("content-type")
    obj, warnings = decoding.read(expected, call.request.body, content_type, options.field_validation(call))
    call.warnings += warnings
    return obj


def settle(call: calls.Call, resource: catalog.Resource, obj: JSON) -> None:
    """Check and complete a decoded object in place: fields, defaults."""
    call.warnings += decoding.conform(resource, obj, options.field_validation(call))
    defaulting.apply_defaults(resource, obj)
