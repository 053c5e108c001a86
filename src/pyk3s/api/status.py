"""Status errors of the Kubernetes API: raised anywhere in the API server, rendered once by its HTTP front.

Reasons, codes and wording are those of the Kubernetes API conventions (metav1.Status).
"""

from collections.abc import Sequence
from typing import Any

from pyk3s.api.fields import FieldError

JSON = dict[str, Any]


class StatusError(Exception):
    """A request that failed: HTTP code, reason, message and details of the Status to answer with."""

    def __init__(self, code: int, reason: str, message: str, details: JSON | None = None):
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details
        self.metadata: JSON = {}
        """ListMeta of the Status; only an expired list has something in it."""

    def body(self) -> JSON:
        """The metav1.Status object."""
        status: JSON = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def qualified(resource: str, group: str) -> str:
    """`deployments.apps`, or the bare resource of the core group: how messages name a resource."""
    return f"{resource}.{group}" if group else resource


def _details(group: str, kind: str, name: str) -> JSON:
    return {key: value for key, value in (("name", name), ("group", group), ("kind", kind)) if value}


def not_found(group: str, resource: str, name: str) -> StatusError:
    message = f'{qualified(resource, group)} "{name}" not found'
    return StatusError(404, "NotFound", message, _details(group, resource, name))


def already_exists(group: str, resource: str, name: str) -> StatusError:
    message = f'{qualified(resource, group)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(group, resource, name))


def conflict(group: str, resource: str, name: str, why: str) -> StatusError:
    message = f'Operation cannot be fulfilled on {qualified(resource, group)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(group, resource, name))


def invalid(group: str, kind: str, name: str, errors: Sequence[FieldError]) -> StatusError:
    """422 with one cause per field error."""
    listed = list(dict.fromkeys(f"{error.path}: {error.message}" for error in errors))
    told = listed[0] if len(listed) == 1 else "[" + ", ".join(listed) + "]"
    details = _details(group, kind, name)
    details["causes"] = [{"reason": error.reason, "message": error.message, "field": error.path} for error in errors]
    return StatusError(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {told}', details)


def forbidden(group: str, resource: str, name: str, why: str) -> StatusError:
    named = (
        f'{qualified(resource, group)} "{name}" is forbidden' if name else f"{qualified(resource, group)} is forbidden"
    )
    return StatusError(403, "Forbidden", f"{named}: {why}", _details(group, resource, name))


def bad_request(message: str) -> StatusError:
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    return StatusError(401, "Unauthorized", "Unauthorized")


def gone(message: str) -> StatusError:
    return StatusError(410, "Expired", message)


def too_many_requests(message: str, retry_after_s: int) -> StatusError:
    return StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": retry_after_s})


def internal(message: str) -> StatusError:
    details = {"causes": [{"message": message}]}
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", details)


def method_not_allowed() -> StatusError:
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def request_too_large(limit: int) -> StatusError:
    """A body of more than `limit` bytes."""
    return StatusError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def no_such_resource() -> StatusError:
    """404 for a path under a served group version that names no resource of it."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return StatusError(415, "UnsupportedMediaType", message)


def revision_too_large(asked: int, current: int) -> StatusError:
    """504 for a revision that does not exist yet."""
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return StatusError(504, "Timeout", f"Timeout: Too large resource version: {asked}, current: {current}", details)


def bare(message: str) -> StatusError:
    """500 without a reason: how upstream lets errors of its storage layer through."""
    return StatusError(500, "", message)
