"""Tokens of other issuers, signed with every algorithm that is taken."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from pyk3s.pki import jwks, jwt

RSA = rsa.generate_private_key(65537, 2048)
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
EC = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return encoded(value.to_bytes((value.bit_length() + 7) // 8))


def rsa_jwk(key=RSA, **more):
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(public.n), "e": number(public.e), "kid": "r", **more}


def ec_jwk(curve="P-256", **more):
    public, size = EC[curve].public_key().public_numbers(), (CURVES[curve].key_size + 7) // 8
    x, y = (encoded(part.to_bytes(size)) for part in (public.x, public.y))
    return {"kty": "EC", "crv": curve, "x": x, "y": y, "kid": "e", **more}


def signed(claims, algorithm="RS256", kid="r", key=RSA, **header):
    head = {"alg": algorithm, "kid": kid, **header}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    digest = HASHES.get(algorithm[2:], hashes.SHA256())
    if algorithm in CURVE_OF:
        own = EC[CURVE_OF[algorithm]]
        r, s = utils.decode_dss_signature(own.sign(text.encode(), ec.ECDSA(digest)))
        size = (own.curve.key_size + 7) // 8
        return f"{text}.{encoded(r.to_bytes(size) + s.to_bytes(size))}"
    pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15() if algorithm[0] == 'R' else pss, digest))}"


@pytest.mark.parametrize("algorithm", jwks.ALGORITHMS)
def test_every_algorithm_is_verified(algorithm):
    keys = jwks.key_set({"keys": [rsa_jwk(), *(ec_jwk(curve, kid="r") for curve in CURVES)]})
    assert jwks.verify(signed({"a": 1}, algorithm), keys, jwks.ALGORITHMS) == {"a": 1}


def test_an_algorithm_that_is_not_taken_is_refused():
    with pytest.raises(jwt.InvalidToken):
        jwks.verify(signed({}, "RS512"), jwks.key_set({"keys": [rsa_jwk()]}), ("RS256",))


@pytest.mark.parametrize("algorithm", ["none", "HS256", ["RS256"], None, ""])
def test_no_token_chooses_how_it_is_verified(algorithm):
    head, payload = (encoded(json.dumps(part).encode()) for part in ({"alg": algorithm}, {"a": 1}))
    for signature in ("", encoded(b"x" * 256)):
        with pytest.raises(jwt.InvalidToken):
            jwks.verify(f"{head}.{payload}.{signature}", jwks.key_set({"keys": [rsa_jwk()]}), jwks.ALGORITHMS)


def test_a_key_for_one_algorithm_is_not_used_for_another():
    keys = jwks.key_set({"keys": [rsa_jwk(alg="RS256")]})
    with pytest.raises(jwt.InvalidToken):
        jwks.verify(signed({}, "PS256"), keys, jwks.ALGORITHMS)


def test_a_forged_a_truncated_and_a_critical_token_are_refused():
    keys, token = jwks.key_set({"keys": [rsa_jwk()]}), signed({"a": 1})
    other = rsa.generate_private_key(65537, 2048)
    head, payload, signature = token.split(".")
    bad = [
        signed({"a": 1}, key=other), token[:-8], f"{head}.{payload}", f"{head}.{encoded(b'{}')}.{signature}",
        signed({"a": 1}, crit=["b64"]), f"{token}é", "a.b.c", "..", "x" * 20000,
    ]  # fmt: skip
    for each in bad:
        with pytest.raises(jwt.InvalidToken):
            jwks.verify(each, keys, jwks.ALGORITHMS)


def test_keys_that_cannot_be_used_are_passed_over():
    small = rsa.generate_private_key(65537, 1024)
    strange = [{}, {"kty": "oct", "k": "YQ"}, {"kty": "RSA", "n": 5, "e": "AQAB"}, rsa_jwk(small), {"kty": "EC", "crv": "P-1"}]  # fmt: skip # noqa: E501
    off_curve = {**ec_jwk(), "x": encoded(b"\x01" * 32)}
    found = jwks.key_set({"keys": [*strange, off_curve, rsa_jwk(use="enc"), "key", rsa_jwk()]})
    assert [key.id for key in found] == ["r"]


@pytest.mark.parametrize("document", [None, [], {"keys": {}}, {"keys": [{}] * 100}])
def test_what_is_no_key_set_is_refused(document):
    with pytest.raises(ValueError, match="no JSON web key set"):
        jwks.key_set(document)
