"""Authorities and leaf certificates on `cryptography`: ECDSA P-256, CAs for 10 years, leaves for one.

Import this module only where something is made, in a short-lived process: it costs 12 MB.
"""

import datetime
import ipaddress
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pyk3s.lib import files
from pyk3s.pki import lifetimes

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its certificate, its private key, and the whole file: itself, then those above it."""

    certificate: x509.Certificate
    key: PrivateKey
    pem: bytes


@dataclass(frozen=True)
class LeafRequest:
    """What a leaf certificate says: who (common name, organizations), for what, under which addresses and names."""

    common_name: str
    organizations: tuple[str, ...] = ()
    usages: tuple[x509.ObjectIdentifier, ...] = (CLIENT,)
    sans: tuple[str, ...] = ()


def ensure_authority(certificate: pathlib.Path, key: pathlib.Path, name: str, now: datetime.datetime) -> Authority:
    """Load the authority of these two files, or make it and write them; files placed there by a person are kept.

    Raises ValueError for an authority that cannot sign: not valid now, without its key, or no authority at all.
    """
    if certificate.exists() and key.exists():
        return load_authority(certificate, key, now)
    if certificate.exists():
        raise ValueError(f"{key} is missing, and {certificate.name} is useless without it: restore it from a backup")
    if now < lifetimes.EARLIEST:
        raise ValueError(
            f"the clock of this machine says {now:%Y-%m-%d}: set it first, because certificates that are made now "
            "would have ended by the time it is set right"
        )
    private = ensure_key(key)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}@{int(now.timestamp())}")])
    usage = key_usage(signs=True, enciphers=True, certifies=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    made = (
        _builder(subject, subject, private.public_key(), now, lifetimes.CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    files.write_atomic(certificate, pem, 0o644)
    return Authority(made, private, pem)


def load_authority(certificate: pathlib.Path, key: pathlib.Path, now: datetime.datetime) -> Authority:
    """The authority of two files; raises ValueError for one that cannot sign at `now`."""
    loaded, private = load_certificate(certificate), load_key(key)
    if not _is_authority(loaded):
        raise ValueError(f"{certificate} is not the certificate of an authority: put a CA certificate there")
    if not _fits(loaded, private):
        raise ValueError(f"{key} is not the key of {certificate.name}: restore both from the same backup")
    if now < loaded.not_valid_before_utc:
        raise ValueError(
            f"the clock of this machine says {now:%Y-%m-%d %H:%M} UTC, but {certificate} is only valid from "
            f"{loaded.not_valid_before_utc:%Y-%m-%d %H:%M} on: set the clock"
        )
    if now >= loaded.not_valid_after_utc:
        raise ValueError(
            f"{certificate} ended on {loaded.not_valid_after_utc:%Y-%m-%d} and the clock says {now:%Y-%m-%d}: "
            "set the clock if it is wrong, otherwise replace the authorities with `k3s certificate rotate-ca`"
        )
    return Authority(loaded, private, certificate.read_bytes())


def ensure_leaf(
    authority: Authority,
    certificate: pathlib.Path,
    key: pathlib.Path,
    request: LeafRequest,
    now: datetime.datetime,
    life: lifetimes.Lifetimes = lifetimes.USUAL,
) -> bool:
    """Make or renew a leaf: where none is, it nears its end, or says something else than asked. True if written.

    The certificate file holds the leaf and its authority, as K3s writes it; the key is kept across renewals.
    """
    private = ensure_key(key)
    if certificate.exists():
        found = load_certificate(certificate)
        if _fits(found, private) and _is_current(found, authority, request, (now, life.window)):
            return False
    issued = issue(authority, private.public_key(), request, now, life.leaf)
    files.write_atomic(certificate, issued.public_bytes(serialization.Encoding.PEM) + authority.pem, 0o644)
    return True


def issue(
    authority: Authority,
    public: PublicKey,
    request: LeafRequest,
    now: datetime.datetime,
    life: datetime.timedelta = lifetimes.USUAL.leaf,
) -> x509.Certificate:
    """Sign a leaf for a public key; it ends no later than its authority."""
    usage = key_usage(signs=True, enciphers=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(_subject(request), authority.certificate.subject, public, now, life, authority.certificate)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(request.usages), critical=False)
        .add_extension(issuer, critical=False)
    )
    if request.sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(_general_names(request.sans)), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def key_usage(*, signs: bool, enciphers: bool, certifies: bool = False) -> x509.KeyUsage:
    """What a certificate's key may be used for."""
    return x509.KeyUsage(
        digital_signature=signs,
        key_encipherment=enciphers,
        key_cert_sign=certifies,
        crl_sign=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def ensure_key(path: pathlib.Path) -> PrivateKey:
    """Load the private key in this file, or make it (mode 0600)."""
    if path.exists():
        return load_key(path)
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    files.write_atomic(path, pem, 0o600)
    return made


def load_key(path: pathlib.Path) -> PrivateKey:
    """The private key in a file; raises ValueError with what to do."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        raise ValueError(f"{path} does not hold a private key; restore it from a backup: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds neither an elliptic-curve nor an RSA private key")
    return key


def load_certificate(path: pathlib.Path) -> x509.Certificate:
    """The first certificate in a file; raises ValueError with what to do."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        remedy = "restore it from a backup, or, if it is no authority's, remove it: a start makes it anew"
        raise ValueError(f"{path} does not hold a whole certificate; {remedy} ({error})") from error


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _fits(certificate: x509.Certificate, key: PrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def _is_current(
    certificate: x509.Certificate,
    authority: Authority,
    request: LeafRequest,
    when: tuple[datetime.datetime, datetime.timedelta],
) -> bool:
    """Whether a leaf says what is asked, is of this very authority, and holds now and for longer than a window."""
    now, window = when
    span = lifetimes.Span(certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp())
    return (
        not lifetimes.is_due(span, authority.certificate.not_valid_after_utc.timestamp(), now.timestamp(), window)
        and certificate.subject == _subject(request)
        and set(request.usages) == _usages(certificate)
        and set(request.sans) <= set(_sans(certificate))
        and _is_issued_by(certificate, authority.certificate)
    )


def _is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _usages(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return set()


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
    public: PublicKey,
    now: datetime.datetime,
    life: datetime.timedelta,
    signer: x509.Certificate | None = None,
) -> x509.CertificateBuilder:
    end = min(now + life, signer.not_valid_after_utc) if signer else now + life
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - lifetimes.CLOCK_SKEW)
        .not_valid_after(end)
    )


def _general_names(sans: Sequence[str]) -> list[x509.GeneralName]:
    return [_general_name(san) for san in sans]


def _general_name(san: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(san))
    except ValueError:
        return x509.DNSName(san)
