"""Signing certificate requests: what they ask and no more."""

import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pyk3s.pki import signers
from pyk3s.pki import x509 as authorities

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
SHA256 = hashes.SHA256()
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def authority(tmp_path):
    return authorities.ensure_authority(tmp_path / "ca.crt", tmp_path / "ca.key", "ca", NOW)


def request(*extensions, key=KEY, algorithm=SHA256):
    subject = x509.Name(
        [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "dev"),
         x509.NameAttribute(x509.NameOID.COMMON_NAME, "jane")]
    )  # fmt: skip
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


def signed(authority, asked, usages=("client auth",), life=DAY, now=NOW):
    return x509.load_pem_x509_certificate(signers.sign(authority, asked, usages, life, now))


def test_a_request_is_read_and_signed_with_its_names(authority):
    names = [x509.DNSName("a.test"), x509.IPAddress(ipaddress.ip_address("192.0.2.1")), x509.RFC822Name("a@b.test"),
             x509.UniformResourceIdentifier("spiffe://a")]  # fmt: skip
    asked = request(x509.SubjectAlternativeName(names))
    assert signers.read(asked) == {
        "common_name": "jane",
        "organizations": ["dev"],
        "dns_names": ["a.test"],
        "addresses": ["192.0.2.1"],
        "emails": ["a@b.test"],
        "uris": ["spiffe://a"],
    }
    made = signed(authority, asked)
    made.verify_directly_issued_by(authority.certificate)
    assert made.subject.rfc4514_string() == "CN=jane,O=dev"
    assert list(made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == names


def test_nobody_becomes_an_authority_by_asking(authority):
    made = signed(authority, request(x509.BasicConstraints(ca=True, path_length=None)))
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False


def test_the_usages_are_those_of_the_order_not_of_the_request(authority):
    asked = request(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]))
    purposes = signed(authority, asked).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    with pytest.raises(ValueError, match="cert sign"):
        signed(authority, asked, usages=("client auth", "cert sign"))


def test_the_end_is_as_ordered_and_never_after_the_authoritys(authority):
    five = datetime.timedelta(minutes=5)
    assert signed(authority, request()).not_valid_after_utc == NOW + DAY - five
    assert signed(authority, request(), life=2 * five).not_valid_after_utc == NOW + 2 * five
    late = signed(authority, request(), life=365 * DAY, now=NOW + 3600 * DAY)
    assert late.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_a_request_with_a_broken_signature_is_refused(authority):
    whole = bytearray(x509.load_pem_x509_csr(request()).public_bytes(serialization.Encoding.DER))
    whole[-1] ^= 1
    import base64

    text = b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(whole) + b"-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(ValueError, match="request"):
        signers.read(text)


@pytest.mark.parametrize("text", [b"", b"garbage", request()[:90]])
def test_what_is_no_request_is_refused(text):
    with pytest.raises(ValueError, match="cannot be read"):
        signers.read(text)


@pytest.mark.parametrize(
    "asked, words",
    [(request(key=rsa.generate_private_key(65537, 1024)), "fewer than 2048 bits"),
     (request(key=ed25519.Ed25519PrivateKey.generate(), algorithm=None), "elliptic-curve or RSA")],
)  # fmt: skip
def test_weak_and_odd_keys_are_refused(authority, asked, words):
    with pytest.raises(ValueError, match=words):
        signed(authority, asked)
