"""Signs approved requests of the built-in signers, or says on the request why not.

`legacy-unknown` is not among them: requests of API version v1 cannot ask for it.
"""

import base64
from typing import Any

from pyk3s.client import errors, resources
from pyk3s.controllers.certificates import objects, policy
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.signing import Signer


class Controller(KindController[objects.Request]):
    """The signer."""

    name = "certificatesigningrequest-signing-controller"

    def __init__(self, context: Context, signer: Signer):
        self._signer = signer
        super().__init__(context, objects.informer_of(context))

    def _is_due(self, request: objects.Request) -> bool:
        return bool(
            request.spec.signer_name in policy.AUTHORITIES
            and not request.status.certificate
            and request.condition(objects.APPROVED)
            and not request.condition(objects.DENIED)
            and not request.condition(objects.FAILED)
        )

    async def _act(self, request: objects.Request) -> None:
        spec = request.spec
        try:
            refusal = policy.refusal(spec.signer_name, await self._signer.read(spec.pem), spec.usages)
            if not refusal:
                authority, seconds = policy.AUTHORITIES[spec.signer_name], policy.seconds(spec.expiration_seconds)
                certificate = await self._signer.sign(authority, spec.pem, spec.usages, seconds)
        except ValueError as error:
            refusal = str(error)
        if refusal:
            await self._write(request, _failed(refusal))
        else:
            await self._write(request, {"certificate": base64.b64encode(certificate).decode()})

    async def _write(self, request: objects.Request, status: dict[str, Any]) -> None:
        """Bring the status up to what was decided, on the very object that was looked at."""
        ref, name = resources.CERTIFICATE_REQUESTS, request.metadata.name
        with errors.gone_is_fine():
            live = await self._client.get(ref.path(name=name))
            if live["metadata"]["uid"] != request.metadata.uid:
                return
            before = live.get("status") or {}
            conditions = [*(before.get("conditions") or ()), *status.pop("conditions", ())]
            live["status"] = {**before, **status, "conditions": conditions}
            await self._client.update(ref.path(name=name, subresource="status"), live)


def _failed(why: str) -> dict[str, Any]:
    condition = {"type": objects.FAILED, "status": "True", "reason": "SignerValidationFailure", "message": why}
    return {"conditions": [condition]}
