"""Authorities and leaf certificates on `cryptography`: ECDSA P-256, CAs for 10 years, leaves for one.

Import this module only where something is made, in a short-lived process: it costs 12 MB.
"""

import datetime
import ipaddress
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pyk3s.lib import files

CA_LIFE = datetime.timedelta(days=3650)
LEAF_LIFE = datetime.timedelta(days=365)
RENEWAL_WINDOW = datetime.timedelta(days=120)  # K3s renews leaves that are this close to their end
CLOCK_SKEW = datetime.timedelta(hours=1)  # a certificate is valid from this long before it is made

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class LeafRequest:
    """What a leaf certificate says: who (common name, organizations), for what, under which addresses and names."""

    common_name: str
    organizations: tuple[str, ...] = ()
    usages: tuple[x509.ObjectIdentifier, ...] = (CLIENT,)
    sans: tuple[str, ...] = ()


def ensure_authority(certificate: pathlib.Path, key: pathlib.Path, name: str, now: datetime.datetime) -> Authority:
    """Load the authority of these two files, or make it and write them; files placed there by a person are kept."""
    if certificate.exists() and key.exists():
        return Authority(_load_certificate(certificate), load_key(key))
    private = ensure_key(key)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}@{int(now.timestamp())}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=True,
        crl_sign=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    made = (
        _builder(subject, subject, private.public_key(), now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(private, hashes.SHA256())
    )
    files.write_atomic(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return Authority(made, private)


def ensure_leaf(
    authority: Authority, certificate: pathlib.Path, key: pathlib.Path, request: LeafRequest, now: datetime.datetime
) -> bool:
    """Make or renew a leaf: where none is, it nears its end, or says something else than asked. True if written.

    The certificate file holds the leaf and its authority, as K3s writes it; the key is kept across renewals.
    """
    if certificate.exists() and key.exists() and _is_current(_load_certificate(certificate), authority, request, now):
        return False
    private = ensure_key(key)
    issued = issue(authority, private.public_key(), request, now)
    files.write_atomic(certificate, issued.public_bytes(serialization.Encoding.PEM) + authority.pem, 0o644)
    return True


def issue(
    authority: Authority, public: ec.EllipticCurvePublicKey, request: LeafRequest, now: datetime.datetime
) -> x509.Certificate:
    """Sign a leaf for a public key."""
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=False,
        crl_sign=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(_subject(request), authority.certificate.subject, public, now, LEAF_LIFE)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(request.usages), critical=False)
        .add_extension(issuer, critical=False)
    )
    if request.sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(_general_names(request.sans)), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def ensure_key(path: pathlib.Path) -> ec.EllipticCurvePrivateKey:
    """Load the private key in this file, or make it (mode 0600)."""
    if path.exists():
        return load_key(path)
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    files.write_atomic(path, pem, 0o600)
    return made


def load_key(path: pathlib.Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        raise ValueError(f"{path} does not hold a private key; restore it from a backup: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} does not hold an elliptic-curve private key")
    return key


def _load_certificate(path: pathlib.Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} does not hold a certificate; restore it from a backup: {error}") from error


def _is_current(
    certificate: x509.Certificate, authority: Authority, request: LeafRequest, now: datetime.datetime
) -> bool:
    return (
        certificate.issuer == authority.certificate.subject
        and now + RENEWAL_WINDOW < certificate.not_valid_after_utc
        and certificate.subject == _subject(request)
        and set(request.sans) <= set(_sans(certificate))
    )


def _sans(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]


def _subject(request: LeafRequest) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in request.organizations]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, request.common_name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + life)
    )


def _general_names(sans: Sequence[str]) -> list[x509.GeneralName]:
    return [_general_name(san) for san in sans]


def _general_name(san: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(san))
    except ValueError:
        return x509.DNSName(san)
