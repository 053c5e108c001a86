"""Admission of certificate requests: who asks is noted, who may decide and sign is asked of the authoriser.

Approving and signing take a permission on the signer besides that on the request: verb `approve` or `sign` on
`signers` in certificates.k8s.io, by the signer's name or by `domain/*`.
"""

from typing import Any

from pyk3s.api import catalog
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, pods

JSON = dict[str, Any]
GROUP = "certificates.k8s.io"
CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
MASTERS_REFUSED = f"use of {CLIENT_SIGNER} signer with system:masters group is not allowed"


class OnRequests(chain.Base):
    """A plug-in that sees one operation on certificate requests."""

    operation, subresource = chain.CREATE, ""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if resource.group != GROUP or resource.plural != "certificatesigningrequests":
            return False
        return operation == self.operation and subresource == self.subresource


class Requester(OnRequests):
    """Notes who asks, whatever the request says about that."""

    def mutate(self, attributes: chain.Attributes) -> None:
        spec, user = attributes.object.setdefault("spec", {}), attributes.user
        for key in ("username", "uid", "groups", "extra"):
            spec.pop(key, None)
        spec["username"] = user.name
        if user.uid:
            spec["uid"] = user.uid
        if user.groups:
            spec["groups"] = list(user.groups)
        if user.extra:
            spec["extra"] = {key: list(values) for key, values in user.extra.items()}


class SubjectRestriction(OnRequests):
    """Nobody becomes a cluster administrator by a certificate of the general client signer."""

    name = "CertificateSubjectRestriction"

    def validate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        if spec.get("signerName") == CLIENT_SIGNER and identity.MASTERS in _organizations(spec["request"]):
            raise pods.refuse(attributes, MASTERS_REFUSED)


def _organizations(encoded: str) -> list[str]:
    import base64

    from cryptography import x509  # heavy, and certificates are requested rarely

    subject = x509.load_pem_x509_csr(base64.b64decode(encoded)).subject
    return [str(each.value) for each in subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)]


class OnSigners(OnRequests):
    """A plug-in that asks whether the user has a permission on the signer of a request."""

    operation, verb, doing = chain.UPDATE, "", ""

    def __init__(self, authorizer: identity.Authorizer):
        self._authorizer = authorizer

    def validate(self, attributes: chain.Attributes) -> None:
        old = attributes.old or {}
        signer = (old.get("spec") or {}).get("signerName") or ""
        if self._matters(attributes.object, old) and not self._may(attributes.user, signer):
            raise pods.refuse(attributes, f'user not permitted to {self.doing} requests with signerName "{signer}"')

    def _matters(self, new: JSON, old: JSON) -> bool:
        return True

    def _may(self, user: identity.User, signer: str) -> bool:
        domain = signer.partition("/")[0]
        return identity.MASTERS in user.groups or any(
            self._authorizer.decide(identity.Access(user, self.verb, GROUP, "*", "signers", name=name)).allowed
            for name in (signer, f"{domain}/*")
        )


class Approval(OnSigners):
    """Who approves needs `approve` on the signer."""

    name = "CertificateApproval"

    subresource, verb, doing = "approval", "approve", "approve"


class Signing(OnSigners):
    """Who issues the certificate, or says that issuing failed, needs `sign` on the signer."""

    name = "CertificateSigning"

    subresource, verb, doing = "status", "sign", "sign"

    def _matters(self, new: JSON, old: JSON) -> bool:
        after, before = new.get("status") or {}, old.get("status") or {}
        return after.get("certificate") != before.get("certificate") or after.get("conditions") != before.get(
            "conditions"
        )
