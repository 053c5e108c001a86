"""What the built-in signers sign, and when requests are removed."""

import base64
import datetime

import pytest

from pyk3s.client.objects import Metadata
from pyk3s.controllers.certificates import cleaning, objects, policy
from pyk3s.controllers.signing import Asked
from pyk3s.lib import timestamps
from pyk3s.pki import x509

NODE = Asked("system:node:n1", ("system:nodes",))
SERVING = NODE._replace(dns_names=("n1",))
CLIENT_USAGES = ("digital signature", "client auth")
SERVER_USAGES = ("digital signature", "key encipherment", "server auth")


def test_a_kubelets_requests_are_signed():
    assert policy.refusal(objects.KUBELET_CLIENT, NODE, CLIENT_USAGES) == ""
    assert policy.refusal(objects.KUBELET_CLIENT, NODE, (*CLIENT_USAGES, "key encipherment")) == ""
    assert policy.refusal(objects.KUBELET_SERVING, SERVING, SERVER_USAGES) == ""
    assert policy.refusal(objects.KUBELET_SERVING, NODE._replace(addresses=("192.0.2.1",)), SERVER_USAGES) == ""


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"organizations": ("system:nodes", "system:masters")}, "organization is not system:nodes"),
        ({"organizations": ()}, "organization is not system:nodes"),
        ({"common_name": "admin"}, "does not begin with system:node:"),
        ({"dns_names": ("n1",)}, "DNS subjectAltNames are not allowed"),
        ({"addresses": ("192.0.2.1",)}, "IP subjectAltNames are not allowed"),
        ({"emails": ("a@b",)}, "Email subjectAltNames are not allowed"),
        ({"uris": ("spiffe://a",)}, "URI subjectAltNames are not allowed"),
    ],
)
def test_a_kubelets_client_certificate_says_nothing_but_the_node(changes, words):
    assert words in policy.refusal(objects.KUBELET_CLIENT, NODE._replace(**changes), CLIENT_USAGES)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"dns_names": ()}, "DNS or IP subjectAltName is required"),
        ({"emails": ("a@b",)}, "Email"),
        ({"uris": ("spiffe://a",)}, "URI"),
        ({"common_name": "n1"}, "system:node:"),
    ],
)
def test_a_kubelets_serving_certificate_needs_names_and_only_such(changes, words):
    assert words in policy.refusal(objects.KUBELET_SERVING, SERVING._replace(**changes), SERVER_USAGES)


@pytest.mark.parametrize("usages", [(), ("client auth",), SERVER_USAGES, (*CLIENT_USAGES, "server auth")])
def test_other_usages_are_refused(usages):
    assert "usages did not match" in policy.refusal(objects.KUBELET_CLIENT, NODE, usages)


def test_the_general_client_signer_looks_at_usages_alone():
    anyone = Asked("jane", ("dev",))
    assert policy.refusal(objects.CLIENT, anyone, ("client auth",)) == ""
    assert "invalid usage for client certificate: server auth" in policy.refusal(
        objects.CLIENT, anyone, ("client auth", "server auth")
    )
    assert "missing required usage" in policy.refusal(objects.CLIENT, anyone, ("digital signature",))


@pytest.mark.parametrize(
    "wanted, given", [(None, 365 * 86400), (1, 600), (86400, 86400), (10**9, 365 * 86400)]
)  # fmt: skip
def test_the_lifetime_is_as_asked_within_bounds(wanted, given):
    assert policy.seconds(wanted) == given


CREATED, LATER = "2026-05-01T00:00:00Z", "2026-05-01T02:00:00Z"
HOUR = 3600


def request(*conditions, certificate=""):
    made = [objects.Condition(kind, "True", LATER) for kind in conditions]
    metadata = Metadata(name="r", creation_timestamp=CREATED)
    return objects.Request(metadata, objects.Spec(), objects.Status(certificate, made))


@pytest.mark.parametrize(
    "conditions, certificate, hours",
    [((), "", 24), (("Approved",), "", 26), (("Approved",), "eA==", 3), (("Denied",), "", 3),
     (("Approved", "Failed"), "", 3), (("Approved", "Denied"), "", 3)],
)  # fmt: skip
def test_requests_are_removed_by_what_became_of_them(conditions, certificate, hours):
    found = cleaning.removed_at(request(*conditions, certificate=certificate))
    assert found == timestamps.parse_rfc3339(CREATED) + hours * HOUR


def test_a_request_goes_when_its_certificate_ends(tmp_path):
    when = datetime.datetime(2026, 5, 1, 1, tzinfo=datetime.UTC)
    authority = x509.ensure_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "ca", when)
    life = x509.lifetimes.Lifetimes(leaf=datetime.timedelta(minutes=30))
    x509.ensure_leaf(authority, tmp_path / "a.crt", tmp_path / "a.key", x509.LeafRequest("a"), when, life)
    certificate = base64.b64encode((tmp_path / "a.crt").read_bytes()).decode()
    found = cleaning.removed_at(request("Approved", certificate=certificate))
    assert found == when.timestamp() + HOUR / 2
