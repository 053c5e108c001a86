"""JSON web tokens as service accounts carry them, signed with ECDSA or RSA (RFC 7515, RFC 7518).

A key file may hold several keys: the first signs, all verify, which is how keys are rotated: the new one is put before
the old, and the old one goes once its last token has ended. Importing this loads `cryptography`: at the first token of
a process and not before.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

JSON = dict[str, Any]
MOST_BYTES = 16 * 1024
LEAST_RSA_BITS = 2048
_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.DOTALL)


class InvalidToken(Exception):
    """A text that is no token of ours: malformed, forged, or signed with another key."""


class _Curve(NamedTuple):
    algorithm: str
    hash: hashes.HashAlgorithm
    name: str
    bytes: int  # of a coordinate; a signature is two numbers of that size


_CURVES = {
    "secp256r1": _Curve("ES256", hashes.SHA256(), "P-256", 32),
    "secp384r1": _Curve("ES384", hashes.SHA384(), "P-384", 48),
    "secp521r1": _Curve("ES512", hashes.SHA512(), "P-521", 66),
}


class VerifyingKey:
    """A public key that recognises signatures of one algorithm."""

    def __init__(self, public: Any):
        self._public = public
        self._curve = _CURVES.get(public.curve.name) if isinstance(public, ec.EllipticCurvePublicKey) else None
        if self._curve is None and not isinstance(public, rsa.RSAPublicKey):
            raise ValueError("neither an RSA key nor one on the curves P-256, P-384 and P-521")
        if isinstance(public, rsa.RSAPublicKey) and public.key_size < LEAST_RSA_BITS:
            raise ValueError(f"an RSA key of fewer than {LEAST_RSA_BITS} bits")
        self.algorithm = self._curve.algorithm if self._curve else "RS256"
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = _encoded(hashlib.sha256(der).digest())

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether the signature over `text` is this key's."""
        try:
            if self._curve is None:
                self._public.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
            else:
                self._public.verify(_der_signature(signature, self._curve), text, ec.ECDSA(self._curve.hash))
        except InvalidSignature:
            return False
        return True

    def jwk(self) -> JSON:
        """The key as a member of a JSON web key set."""
        about: JSON = {"use": "sig", "kid": self.id, "alg": self.algorithm}
        numbers = self._public.public_numbers()
        if self._curve is None:
            return about | {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        x, y = (_encoded(number.to_bytes(self._curve.bytes)) for number in (numbers.x, numbers.y))
        return about | {"kty": "EC", "crv": self._curve.name, "x": x, "y": y}


class Keys:
    """The first key of a file, which signs, and all keys by which tokens are recognised."""

    def __init__(self, pem: bytes, further: Iterable[bytes] = ()):
        """`further` are files of keys, private or public, that only verify. Raises ValueError."""
        self._private = _load(pem)[0]
        if not hasattr(self._private, "sign"):
            raise ValueError("the first key is not a private key")
        keys = [key for file in (pem, *further) for key in verifying_keys(file)]
        self.signing = keys[0]
        self.verifying: Sequence[VerifyingKey] = list({key.id: key for key in keys}.values())

    def sign(self, claims: JSON) -> str:
        """The token that carries these claims."""
        header = {"alg": self.signing.algorithm, "kid": self.signing.id}
        signed = f"{_encoded(_compact(header))}.{_encoded(_compact(claims))}"
        return f"{signed}.{_encoded(self._signature(signed.encode()))}"

    def _signature(self, text: bytes) -> bytes:
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        curve = _CURVES[self._private.curve.name]
        r, s = utils.decode_dss_signature(self._private.sign(text, ec.ECDSA(curve.hash)))
        return r.to_bytes(curve.bytes) + s.to_bytes(curve.bytes)

    def verify(self, token: str) -> JSON:
        """The claims of a token that one of these keys signed; their meaning and times are the caller's to check."""
        return verify(token, self.verifying)

    def jwks(self) -> JSON:
        """The public keys as a JSON web key set."""
        return {"keys": [key.jwk() for key in self.verifying]}


def verifying_keys(pem: bytes) -> list[VerifyingKey]:
    """The keys of a file, private or public, as what they verify; raises ValueError."""
    return [VerifyingKey(key.public_key() if hasattr(key, "sign") else key) for key in _load(pem)]


def verify(token: str, keys: Sequence[VerifyingKey]) -> JSON:
    """The claims of a token that one of `keys` signed; raises InvalidToken.

    Which keys are tried is theirs to say: the token's algorithm must be the key's own, so `none` never passes.
    """
    if len(token) > MOST_BYTES or token.count(".") != 2:
        raise InvalidToken("not a compact token")
    signed, _, signature = token.rpartition(".")
    header, raw = json_object(signed.partition(".")[0]), decoded(signature)
    fitting = [key for key in keys if key.algorithm == header.get("alg") and header.get("kid", key.id) == key.id]
    if not any(key.signed(signed.encode(), raw) for key in fitting):
        raise InvalidToken("the signature does not fit" if fitting else "not signed with a known key")
    return json_object(signed.partition(".")[2])


def claims_unverified(token: str) -> JSON | None:
    """What a text claims, if it has the form of a token; only good for deciding who might recognise it."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MOST_BYTES:
        return None
    try:
        return json_object(parts[1])
    except InvalidToken:
        return None


def _load(pem: bytes) -> list[Any]:
    """The keys of a PEM file in order; parameters and certificates beside them are passed over. Raises ValueError."""
    found: list[Any] = []
    for block in _PEM.finditer(pem):
        try:
            if block[1].endswith(b"PRIVATE KEY"):
                found.append(serialization.load_pem_private_key(block[0], None))
            elif block[1].endswith(b"PUBLIC KEY"):
                found.append(serialization.load_pem_public_key(block[0]))
        except TypeError as error:
            raise ValueError("a key is protected by a password") from error
    if not found or pem.count(b"-----BEGIN") != len(_PEM.findall(pem)):
        raise ValueError("no key, or one that is cut off")
    return found


def _der_signature(raw: bytes, curve: _Curve) -> bytes:
    if len(raw) != 2 * curve.bytes:
        raise InvalidSignature
    return utils.encode_dss_signature(int.from_bytes(raw[: curve.bytes]), int.from_bytes(raw[curve.bytes :]))


def _compact(value: JSON) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _number(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding; raises InvalidToken."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken("not base64url") from None


def json_object(text: str) -> JSON:
    """The JSON object in a part of a token; raises InvalidToken."""
    try:
        value = json.loads(decoded(text))
    except (ValueError, RecursionError):
        raise InvalidToken("not JSON") from None
    if not isinstance(value, dict):
        raise InvalidToken("not a JSON object")
    return value
