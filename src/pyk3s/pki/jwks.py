"""Tokens of other issuers: JSON web key sets (RFC 7517), and signatures by their keys with RSA and ECDSA (RFC 7518).

Only asymmetric algorithms are known, and which of them are taken is the verifier's to say, never the token's. Importing
this loads `cryptography`: at the first token of a process and not before.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from pyk3s.pki import jwt

JSON = dict[str, Any]
LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 8192
MOST_KEYS = 64
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, tuple[str, ec.EllipticCurve, int]] = {  # the algorithm of each curve, and bytes of a coordinate
    "P-256": ("ES256", ec.SECP256R1(), 32),
    "P-384": ("ES384", ec.SECP384R1(), 48),
    "P-521": ("ES512", ec.SECP521R1(), 66),
}
ALGORITHMS = tuple(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in _HASHES)
Verify = Callable[[str, bytes, bytes], None]
"""Checks (algorithm, signature, signed bytes); raises InvalidSignature."""


class Key(NamedTuple):
    """A key of a set: its name, the algorithms that it can be used for, and how it verifies."""

    id: str
    algorithms: frozenset[str]
    verify: Verify


def key_set(document: Any) -> list[Key]:
    """The keys of a set that sign; those of unknown kinds are passed over. Raises ValueError if it is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ValueError(f"no JSON web key set with at most {MOST_KEYS} keys")
    found = []
    for each in listed:
        if isinstance(each, dict) and each.get("use") in (None, "sig") and (key := _key(each)) is not None:
            found.append(key)
    return found


def verify(token: str, keys: Sequence[Key], algorithms: Collection[str]) -> JSON:
    """The claims of a token that one of the keys signed with one of the algorithms; raises jwt.InvalidToken.

    What the claims mean, and whether they still hold, is the caller's to check.
    """
    if len(token) > jwt.MOST_BYTES or token.count(".") != 2 or not token.isascii():
        raise jwt.InvalidToken("not a compact token")
    signed, _, signature = token.rpartition(".")
    head, _, payload = signed.partition(".")
    header, raw = jwt.json_object(head), jwt.decoded(signature)
    algorithm, name = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or header.get("crit"):
        raise jwt.InvalidToken("not signed in a way that is taken")
    for key in keys:
        if algorithm in key.algorithms and name in (None, "", key.id):
            try:
                key.verify(algorithm, raw, signed.encode())
            except InvalidSignature:
                continue
            return jwt.json_object(payload)
    raise jwt.InvalidToken("no key fits the signature")


def _key(jwk: JSON) -> Key | None:
    name, only = jwk.get("kid") or "", jwk.get("alg")
    try:
        found = {"RSA": _rsa, "EC": _ec}[jwk["kty"]](jwk)
    except (KeyError, TypeError, ValueError, jwt.InvalidToken):
        return None
    algorithms, check = found
    taken = algorithms if only is None else algorithms & {str(only)}
    return Key(str(name), frozenset(taken), check) if taken else None


def _rsa(jwk: JSON) -> tuple[set[str], Verify]:
    modulus, exponent = (int.from_bytes(jwt.decoded(jwk[part])) for part in ("n", "e"))
    if not LEAST_RSA_BITS <= modulus.bit_length() <= MOST_RSA_BITS:
        raise ValueError("a key of this size is not taken")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()

    def check(algorithm: str, signature: bytes, signed: bytes) -> None:
        digest = _HASHES[algorithm[2:]]
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        public.verify(signature, signed, padding.PKCS1v15() if algorithm[0] == "R" else pss, digest)

    return {each for each in ALGORITHMS if each[0] != "E"}, check


def _ec(jwk: JSON) -> tuple[set[str], Verify]:
    name, curve, size = _CURVES[jwk["crv"]]
    x, y = (int.from_bytes(jwt.decoded(jwk[part])) for part in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, curve).public_key()

    def check(algorithm: str, signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        numbers = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        public.verify(utils.encode_dss_signature(*numbers), signed, ec.ECDSA(_HASHES[algorithm[2:]]))

    return {name}, check
