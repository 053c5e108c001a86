"""Removes old requests: an hour after they were issued, denied or failed, a day after they were left undecided or
approved without a certificate, and when their certificate has ended.
"""

import base64

from pyk3s.client import resources
from pyk3s.client.reconciler import RequeueAfter
from pyk3s.controllers import deletion
from pyk3s.controllers.certificates import objects
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.lib import timestamps
from pyk3s.pki import facts

SETTLED_S, OPEN_S = 3600.0, 24 * 3600.0


class Controller(KindController[objects.Request]):
    """The cleaner."""

    name = "certificatesigningrequest-cleaner-controller"

    def __init__(self, context: Context):
        self._time = context.time
        super().__init__(context, objects.informer_of(context))

    async def _act(self, request: objects.Request) -> RequeueAfter | None:
        left = removed_at(request) - self._time.time()
        if left > 0:
            return RequeueAfter(left)
        await deletion.delete(self._client, resources.CERTIFICATE_REQUESTS, self._objects, request.metadata)
        return None


def removed_at(request: objects.Request) -> float:
    """When a request is to go, in seconds since 1970."""
    created = timestamps.parse_rfc3339(request.metadata.creation_timestamp or "1970-01-01T00:00:00Z")
    for kind in (objects.DENIED, objects.FAILED, objects.APPROVED):
        condition = request.condition(kind)
        if condition is not None:
            written = condition.last_update_time
            since = timestamps.parse_rfc3339(written) if written else created
            if kind == objects.APPROVED and not request.status.certificate:
                return since + OPEN_S
            return min(since + SETTLED_S, _end(request.status.certificate))
    return created + OPEN_S


def _end(certificate: str) -> float:
    """When a certificate ends; never, as far as this is concerned, for one that cannot be read."""
    try:
        return facts.read_pem(base64.b64decode(certificate))[0].not_after
    except (facts.CertificateError, ValueError):
        return float("inf")
