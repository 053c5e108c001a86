import base64

import pytest
from admission_registry import asked, build, named

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import certificates
from pyk3s.apiserver.strategies.certificates import Requests

CAROL = identity.User("carol", ("devs",), uid="7", extra={"team": ("a", "b")})
PLURAL = "certificatesigningrequests"


class Allowing:
    """Allows access to signers of these names."""

    def __init__(self, *names):
        self.names, self.verbs = names, set()

    def decide(self, access):
        self.verbs.add(access.verb)
        return identity.Decision(access.name in self.names)


def request(conditions=(), **spec):
    status_ = {"conditions": list(conditions)} if conditions else {}
    stated = {"signerName": "example.com/custom", **spec}
    return named("CertificateSigningRequest", "r", api="certificates.k8s.io/v1", spec=stated, status=status_)


def attributes(new, **options):
    return asked(build(), certificates.GROUP, PLURAL, new, user=CAROL, **options)


def test_who_asks_is_noted_whatever_the_request_says():
    made = request(username="root", groups=["system:masters"])
    certificates.Requester().mutate(attributes(made))
    assert made["spec"] == {
        "signerName": "example.com/custom",
        "username": "carol",
        "uid": "7",
        "groups": ["devs"],
        "extra": {"team": ["a", "b"]},
    }


def subject(organization):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization)])
    built = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = built.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return base64.b64encode(signed.public_bytes(serialization.Encoding.PEM)).decode()


def test_nobody_becomes_an_administrator_by_a_client_certificate():
    plugin = certificates.SubjectRestriction()
    made = request(signerName=certificates.CLIENT_SIGNER, request=subject("system:masters"))
    with pytest.raises(status.StatusError, match="with system:masters group is not allowed"):
        plugin.validate(attributes(made))
    plugin.validate(attributes(request(signerName=certificates.CLIENT_SIGNER, request=subject("devs"))))


@pytest.mark.parametrize("allowed", ["example.com/custom", "example.com/*"])
def test_approving_takes_a_permission_on_the_signer(allowed):
    asking = attributes(request(), old=request(), subresource="approval")
    authorizer = Allowing(allowed)
    certificates.Approval(authorizer).validate(asking)
    assert authorizer.verbs == {"approve"}
    with pytest.raises(status.StatusError, match=r'not permitted to approve requests with signerName "example.com/cus'):
        certificates.Approval(Allowing()).validate(asking)


def test_only_a_new_certificate_or_condition_needs_the_permission_to_sign():
    plugin = certificates.Signing(Allowing())
    plugin.validate(attributes(request(), old=request(), subresource="status"))
    signed = {**request(), "status": {"certificate": "x"}}
    with pytest.raises(status.StatusError, match="not permitted to sign"):
        plugin.validate(attributes(signed, old=request(), subresource="status"))


def test_an_approval_changes_conditions_only_and_dates_them():
    new = request([{"type": "Approved", "status": "True"}], signerName="other/one")
    new["status"]["certificate"] = "x"
    Requests().prepare_approval(new, request(), "2026-01-01T00:00:00Z")
    assert new["spec"] == request()["spec"]
    dates = {"lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    assert new["status"] == {"conditions": [{"type": "Approved", "status": "True", **dates}]}
