"""Tokens: what keys sign and recognise, how keys are rotated, and what is never believed."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pyk3s.pki import jwt

PEM, PKCS8, TRADITIONAL = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
)
RSA = rsa.generate_private_key(65537, 2048)


def pem(key=None, form=PKCS8):
    key = key or ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(PEM, form, serialization.NoEncryption())


@pytest.mark.parametrize(
    "key, algorithm",
    [(ec.generate_private_key(ec.SECP256R1()), "ES256"), (ec.generate_private_key(ec.SECP384R1()), "ES384"),
     (ec.generate_private_key(ec.SECP521R1()), "ES512"), (RSA, "RS256")],
)  # fmt: skip
@pytest.mark.parametrize("form", [PKCS8, TRADITIONAL])
def test_a_signed_token_gives_its_claims_back(key, algorithm, form):
    keys = jwt.Keys(pem(key, form))
    claims = {"sub": "someone", "exp": 7}
    token = keys.sign(claims)
    assert keys.verify(token) == claims
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": algorithm, "kid": keys.signing.id}
    assert keys.jwks()["keys"][0]["kid"] == keys.signing.id


def test_of_several_keys_the_first_signs_and_all_verify():
    old, new = pem(RSA, TRADITIONAL), pem()
    before, after = jwt.Keys(old), jwt.Keys(new + old)
    assert after.verify(before.sign({"sub": "x"})) == {"sub": "x"}
    assert after.signing.id == jwt.Keys(new).signing.id
    assert [key["kty"] for key in after.jwks()["keys"]] == ["EC", "RSA"]
    with pytest.raises(jwt.InvalidToken):
        before.verify(after.sign({"sub": "x"}))


def test_a_dropped_key_is_no_longer_believed():
    old, new = pem(), pem()
    token = jwt.Keys(old).sign({"sub": "x"})
    assert jwt.Keys(new + old).verify(token)
    with pytest.raises(jwt.InvalidToken):
        jwt.Keys(new).verify(token)


def test_further_files_may_hold_public_keys():
    old = ec.generate_private_key(ec.SECP256R1())
    public = old.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert jwt.Keys(pem(), [public]).verify(jwt.Keys(pem(old)).sign({"sub": "x"})) == {"sub": "x"}


def test_what_openssl_writes_beside_a_key_is_passed_over():
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert jwt.Keys(parameters + pem(form=TRADITIONAL)).signing.algorithm == "ES256"


def test_changed_claims_are_refused():
    keys = jwt.Keys(pem())
    header, _, signature = keys.sign({"sub": "someone"}).split(".")
    other = keys.sign({"sub": "admin"}).split(".")[1]
    with pytest.raises(jwt.InvalidToken):
        keys.verify(f"{header}.{other}.{signature}")


def test_a_public_key_is_no_shared_secret():
    """The classic confusion: HS256 over the public key must not count."""
    import hashlib
    import hmac

    keys = jwt.Keys(pem(RSA))
    public = RSA.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head, claims = (base64.urlsafe_b64encode(each).rstrip(b"=") for each in (b'{"alg":"HS256"}', b'{"sub":"admin"}'))
    mac = base64.urlsafe_b64encode(hmac.new(public, head + b"." + claims, hashlib.sha256).digest()).rstrip(b"=")
    with pytest.raises(jwt.InvalidToken):
        keys.verify(b".".join((head, claims, mac)).decode())


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "..", "e30.e30." + "A" * 86])
def test_what_is_no_token_of_this_algorithm_is_refused(text):
    with pytest.raises(jwt.InvalidToken):
        jwt.Keys(pem()).verify(text)


@pytest.mark.parametrize(
    "text, words",
    [(pem(ed25519.Ed25519PrivateKey.generate()), "neither an RSA key"), (b"", "no key"), (b"garbage", "no key"),
     (pem()[:100], "cut off"), (pem() + pem()[:100], "cut off"),
     (pem(rsa.generate_private_key(65537, 1024)), "fewer than 2048 bits"),
     (RSA.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo), "not a private key")],
)  # fmt: skip
def test_unusable_key_files_are_refused_at_once(text, words):
    with pytest.raises(ValueError, match=words):
        jwt.Keys(text)


def test_claims_can_be_read_without_the_key():
    assert jwt.claims_unverified(jwt.Keys(pem()).sign({"iss": "here"})) == {"iss": "here"}
    assert jwt.claims_unverified("no token") is None
