"""Reads and signs certificate requests. Import it in a short-lived process only.

A certificate says what its request asks for, and no more: it is never an authority's, and its usages are those given.
"""

import datetime
from collections.abc import Collection
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pyk3s.pki import x509 as authorities

BACKDATED = datetime.timedelta(minutes=5)  # for clocks of others that are slow
SHORT = datetime.timedelta(hours=8)  # shorter lives are not cut by the five minutes
LEAST_RSA_BITS = 2048
PURPOSES = {"client auth": authorities.CLIENT, "server auth": authorities.SERVER}
BITS = {"digital signature": "digital_signature", "key encipherment": "key_encipherment"}
_KINDS: dict[str, type[x509.GeneralName]] = {
    "dns_names": x509.DNSName,
    "addresses": x509.IPAddress,
    "emails": x509.RFC822Name,
    "uris": x509.UniformResourceIdentifier,
}


def read(request: bytes) -> dict[str, Any]:
    """Subject and names of a PEM request, as `common_name`, `organizations` and lists; raises ValueError."""
    parsed = _parse(request)
    names = _names(parsed)
    return {
        "common_name": next(iter(_values(parsed, x509.NameOID.COMMON_NAME)), ""),
        "organizations": _values(parsed, x509.NameOID.ORGANIZATION_NAME),
        **{kind: [str(each.value) for each in names if isinstance(each, type_)] for kind, type_ in _KINDS.items()},
    }


def sign(
    authority: authorities.Authority,
    request: bytes,
    usages: Collection[str],
    life: datetime.timedelta,
    now: datetime.datetime,
) -> bytes:
    """The certificate, as PEM; raises ValueError for a request or usage that cannot be."""
    parsed = _parse(request)
    unknown = [usage for usage in usages if usage not in PURPOSES and usage not in BITS]
    if unknown:
        raise ValueError(f"usages {', '.join(unknown)} are not signed for")
    end = now + life - (BACKDATED if life >= SHORT else datetime.timedelta())
    builder = (
        x509.CertificateBuilder()
        .subject_name(parsed.subject)
        .issuer_name(authority.certificate.subject)
        .public_key(_public_key(parsed))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(min(end, authority.certificate.not_valid_after_utc))
        .add_extension(_bits(usages), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    if purposes := [PURPOSES[usage] for usage in usages if usage in PURPOSES]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if names := _names(parsed):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _parse(request: bytes) -> x509.CertificateSigningRequest:
    try:
        parsed = x509.load_pem_x509_csr(request)
        valid = parsed.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise ValueError(f"the certificate request cannot be read: {error}") from error
    if not valid:
        raise ValueError("the certificate request is not signed with its own key")
    return parsed


def _public_key(parsed: x509.CertificateSigningRequest) -> authorities.PublicKey:
    key = parsed.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("the key of the certificate request must be an elliptic-curve or RSA key")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        raise ValueError(f"the RSA key of the certificate request has fewer than {LEAST_RSA_BITS} bits")
    return key


def _values(parsed: x509.CertificateSigningRequest, kind: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in parsed.subject.get_attributes_for_oid(kind)]


def _names(parsed: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    try:
        return list(parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
    except ValueError as error:
        raise ValueError(f"the extensions of the certificate request cannot be read: {error}") from error


def _bits(usages: Collection[str]) -> x509.KeyUsage:
    wanted = {BITS[usage] for usage in usages if usage in BITS}
    return authorities.key_usage(signs="digital_signature" in wanted, enciphers="key_encipherment" in wanted)
