"""Signs certificate requests. Import it only in a short-lived process: it loads the X.509 library.

The certificate says what the order says; of the request only the public key counts, whose possession its signature
proves. The node's password is checked here too, being as costly.
"""

import datetime
import pathlib
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pyk3s.pki import lifetimes, orders, passwords
from pyk3s.pki import x509 as leaves

USAGES = {"client": leaves.CLIENT, "server": leaves.SERVER}


class Refused(Exception):
    """The order is not carried out; `why` is `password` or `request`."""

    def __init__(self, why: str, message: str):
        super().__init__(message)
        self.why = why


def carry_out(order: orders.Order, tls: pathlib.Path, now: datetime.datetime) -> bytes:
    """The answer to an order, by the authorities in the folder `tls`."""
    try:
        return orders.signed(*_carry_out(order, tls, now))
    except Refused as refused:
        return orders.refused(refused.why, str(refused))


def _carry_out(order: orders.Order, tls: pathlib.Path, now: datetime.datetime) -> tuple[str, str]:
    """The certificate as PEM, with its authority, and the hash of the node's password."""
    kept = _password(order)
    stem = tls / order.authority
    authority = leaves.load_authority(stem.with_suffix(".crt"), stem.with_suffix(".key"), now)
    wanted = leaves.LeafRequest(order.common_name, order.organizations, (USAGES[order.usage],), order.names)
    issued = leaves.issue(authority, _public_key(order.request), wanted, now, lifetimes.USUAL.leaf)
    return (issued.public_bytes(serialization.Encoding.PEM) + authority.pem).decode(), kept


def _password(order: orders.Order) -> str:
    given, kept = order.password, order.hash
    if given is None:
        return ""
    if kept is None:
        return passwords.hashed(given, secrets.token_bytes(8))
    if not passwords.matches(given, kept):
        raise Refused("password", "the node password is not the one that was kept")
    return kept


def _public_key(der: bytes) -> ec.EllipticCurvePublicKey:
    try:
        request = x509.load_der_x509_csr(der)
        valid = request.is_signature_valid
        key = request.public_key()
    except (ValueError, InvalidSignature, TypeError) as error:
        raise Refused("request", f"the certificate request cannot be read: {error}") from error
    if not valid:
        raise Refused("request", "the signature of the certificate request is wrong")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        raise Refused("request", "the key must be an elliptic-curve key, P-256 or P-384")
    return key
