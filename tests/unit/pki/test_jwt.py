import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pyk3s.pki import jwt


def key_pem(curve=None):
    key = ec.generate_private_key(curve or ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def test_a_signed_token_gives_its_claims_back():
    signer = jwt.Signer(key_pem())
    claims = {"sub": "someone", "exp": 7}
    assert signer.verify(signer.sign(claims)) == claims


def test_a_token_of_another_key_is_refused():
    token = jwt.Signer(key_pem()).sign({"sub": "someone"})
    with pytest.raises(jwt.InvalidToken):
        jwt.Signer(key_pem()).verify(token)


def test_changed_claims_are_refused():
    signer = jwt.Signer(key_pem())
    header, _, signature = signer.sign({"sub": "someone"}).split(".")
    other = signer.sign({"sub": "admin"}).split(".")[1]
    with pytest.raises(jwt.InvalidToken):
        signer.verify(f"{header}.{other}.{signature}")


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "..", "e30.e30." + "A" * 86])
def test_what_is_no_token_of_this_algorithm_is_refused(text):
    with pytest.raises(jwt.InvalidToken):
        jwt.Signer(key_pem()).verify(text)


def test_other_curves_are_refused_at_once():
    with pytest.raises(ValueError, match="P-256"):
        jwt.Signer(key_pem(ec.SECP384R1()))


def test_claims_can_be_read_without_the_key():
    assert jwt.claims_unverified(jwt.Signer(key_pem()).sign({"iss": "here"})) == {"iss": "here"}
    assert jwt.claims_unverified("no token") is None
