"""Approves client certificates of kubelets where whoever asks is permitted to have them: for itself, or for any node.

The permissions are `create` on certificatesigningrequests/selfnodeclient and /nodeclient. Everything else waits for a
person.
"""

from typing import Any

from pyk3s.client import errors, resources
from pyk3s.client.reconciler import Terminal
from pyk3s.controllers.certificates import objects, policy
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.signing import Asked, Signer

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
GROUP = "certificates.k8s.io"


class Controller(KindController[objects.Request]):
    """The approver."""

    name = "certificatesigningrequest-approving-controller"

    def __init__(self, context: Context, signer: Signer):
        self._signer = signer
        super().__init__(context, objects.informer_of(context))

    def _is_due(self, request: objects.Request) -> bool:
        decided = request.condition(objects.APPROVED) or request.condition(objects.DENIED)
        return request.spec.signer_name == objects.KUBELET_CLIENT and not request.status.certificate and not decided

    async def _act(self, request: objects.Request) -> None:
        try:
            asked = await self._signer.read(request.spec.pem)
        except ValueError as error:
            raise Terminal(str(error)) from error
        for permission in _permissions(request.spec, asked):
            if await self._may(request.spec, permission):
                await self._approve(request.metadata.name, permission)
                return

    async def _may(self, spec: objects.Spec, permission: str) -> bool:
        attributes = {
            "group": GROUP,
            "resource": "certificatesigningrequests",
            "verb": "create",
            "subresource": permission,
        }
        about: dict[str, Any] = {"user": spec.username, "uid": spec.uid, "groups": spec.groups, "extra": spec.extra}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        answer = await self._client.create(REVIEWS, {**body, "spec": {**about, "resourceAttributes": attributes}})
        return bool(answer["status"].get("allowed"))

    async def _approve(self, name: str, permission: str) -> None:
        ref = resources.CERTIFICATE_REQUESTS
        whose = "self kubelet" if permission == "selfnodeclient" else "kubelet"
        condition = {
            "type": objects.APPROVED,
            "status": "True",
            "reason": "AutoApproved",
            "message": f"Auto approving {whose} client certificate after SubjectAccessReview.",
        }
        with errors.gone_is_fine():
            live = await self._client.get(ref.path(name=name))
            status = live.setdefault("status", {})
            status["conditions"] = [*(status.get("conditions") or ()), condition]
            await self._client.update(ref.path(name=name, subresource="approval"), live)


def _permissions(spec: objects.Spec, asked: Asked) -> tuple[str, ...]:
    """By which permissions a request may be approved; none for what the signer would refuse."""
    if policy.refusal(spec.signer_name, asked, spec.usages):
        return ()
    return ("selfnodeclient", "nodeclient") if spec.username == asked.common_name else ("nodeclient",)
