"""JSON web tokens signed with ES256 (RFC 7515, RFC 7518), as service accounts carry them.

Signing and verifying import `cryptography`, at the first token of a process and not before.
"""

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

JSON = dict[str, Any]
ALGORITHM = ec.ECDSA(hashes.SHA256())
COORDINATE_BYTES = 32  # of P-256: a signature is two of them
MOST_BYTES = 16 * 1024


class InvalidToken(Exception):
    """A text that is no token of ours: malformed, forged, or signed with another key."""


class Signer:
    """A private key that signs tokens and recognises them."""

    def __init__(self, key_pem: bytes):
        key = serialization.load_pem_private_key(key_pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the service account key is not an EC key on P-256")
        self._key, self._public = key, key.public_key()
        der = self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = _encoded(hashlib.sha256(der).digest())

    def sign(self, claims: JSON) -> str:
        """The token that carries these claims."""
        header = {"alg": "ES256", "kid": self.key_id}
        signed = f"{_encoded(_compact(header))}.{_encoded(_compact(claims))}"
        r, s = utils.decode_dss_signature(self._key.sign(signed.encode(), ALGORITHM))
        return f"{signed}.{_encoded(r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES))}"

    def verify(self, token: str) -> JSON:
        """The claims of a token that this key signed; their meaning and times are the caller's to check."""
        if len(token) > MOST_BYTES or token.count(".") != 2:
            raise InvalidToken("not a compact token")
        signed, _, signature = token.rpartition(".")
        raw = _decoded(signature)
        if _object(signed.partition(".")[0]).get("alg") != "ES256" or len(raw) != 2 * COORDINATE_BYTES:
            raise InvalidToken("not signed with ES256")
        numbers = (int.from_bytes(raw[:COORDINATE_BYTES]), int.from_bytes(raw[COORDINATE_BYTES:]))
        try:
            self._public.verify(utils.encode_dss_signature(*numbers), signed.encode(), ALGORITHM)
        except InvalidSignature:
            raise InvalidToken("the signature does not fit") from None
        return _object(signed.partition(".")[2])

    def public_jwk(self) -> JSON:
        """The public key as a member of a JSON web key set."""
        numbers = self._public.public_numbers()
        x, y = (_encoded(number.to_bytes(COORDINATE_BYTES)) for number in (numbers.x, numbers.y))
        return {"use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": "ES256", "x": x, "y": y}


def claims_unverified(token: str) -> JSON | None:
    """What a text claims, if it has the form of a token; only good for deciding who might recognise it."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MOST_BYTES:
        return None
    try:
        return _object(parts[1])
    except InvalidToken:
        return None


def _compact(value: JSON) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken("not base64url") from None


def _object(text: str) -> JSON:
    try:
        value = json.loads(_decoded(text))
    except (ValueError, RecursionError):
        raise InvalidToken("not JSON") from None
    if not isinstance(value, dict):
        raise InvalidToken("not a JSON object")
    return value
