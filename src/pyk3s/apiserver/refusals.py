"""What the HTTP server refuses by itself, before anybody knows who asks, in the words of a real API server.

Those that a real one answers from within Kubernetes are Status objects, those of its HTTP library are plain text.
"""

from pyk3s.api import status
from pyk3s.apiserver import rendering
from pyk3s.wire.http import messages
from pyk3s.wire.http import rendering as plain

LARGEST_BODY = 3 * 1024 * 1024  # bytes; upstream's --max-resource-write-bytes


def largest_body(_method: str, _target: str) -> int:
    return LARGEST_BODY


def refuse(code: int) -> messages.Response:
    """The answer to a request that could not be read."""
    if code == 405:
        return rendering.failure(status.method_not_allowed())
    if code == 413:
        return rendering.failure(status.request_too_large(LARGEST_BODY))
    if code == 500:
        return rendering.failure(status.internal("the request could not be handled"))
    return plain.plain_refusal(code)
