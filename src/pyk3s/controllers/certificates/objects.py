"""What the certificate controllers read of a CertificateSigningRequest."""

import base64

import msgspec

from pyk3s.client import informer, objects, resources
from pyk3s.controllers.context import Context

KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING = "kubernetes.io/kubelet-serving"
CLIENT = "kubernetes.io/kube-apiserver-client"
APPROVED, DENIED, FAILED = "Approved", "Denied", "Failed"


class Condition(msgspec.Struct, rename="camel"):
    type: str = ""
    status: str = "True"
    last_update_time: str | None = None


class Spec(msgspec.Struct, rename="camel"):
    request: str = ""
    signer_name: str = ""
    usages: list[str] = []
    expiration_seconds: int | None = None
    username: str = ""
    uid: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}

    @property
    def pem(self) -> bytes:
        return base64.b64decode(self.request)


class Status(msgspec.Struct, rename="camel"):
    certificate: str = ""
    conditions: list[Condition] = []


class Request(msgspec.Struct, rename="camel"):
    metadata: objects.Metadata
    spec: Spec
    status: Status = msgspec.field(default_factory=Status)

    def condition(self, kind: str) -> Condition | None:
        """The condition of that kind, if it holds."""
        return next((each for each in self.status.conditions if each.type == kind and each.status != "False"), None)


def informer_of(context: Context) -> informer.Informer[Request]:
    """All requests, shared by the controllers."""
    return context.shared(resources.CERTIFICATE_REQUESTS, Request)
