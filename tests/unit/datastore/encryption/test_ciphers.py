"""Encrypted values: upstream's form, opened only by their key."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.datastore.encryption import ciphers
from pyk3s.datastore.encryption.configuration import Configuration, Key

PLACE = "/registry/secrets/default/a"
KEYS = {kind: Key(kind, f"{kind}key", b"k" * 32) for kind in ("aescbc", "aesgcm")}


def cipher(*keys, enabled=True):
    return ciphers.Cipher(Configuration(keys, enabled))


@pytest.fixture(params=list(KEYS.values()), ids=list(KEYS))
def key(request):
    return request.param


@given(value=st.binary(max_size=100))
@pytest.mark.parametrize("kind", list(KEYS))
def test_what_was_encrypted_is_decrypted(kind, value):
    both = cipher(KEYS[kind])
    stored = both.encrypt(PLACE, value)
    assert stored.startswith(f"k8s:enc:{kind}:v1:{kind}key:".encode())
    assert both.decrypt(PLACE, stored) == value
    assert both.is_current(stored)


def test_the_same_value_is_never_stored_as_the_same_bytes(key):
    assert cipher(key).encrypt(PLACE, b"x") != cipher(key).encrypt(PLACE, b"x")


def test_aescbc_is_an_iv_and_pkcs7_padded_blocks_as_upstream_reads_it():
    stored = cipher(KEYS["aescbc"]).encrypt(PLACE, b"twelve bytes")
    body = stored.removeprefix(b"k8s:enc:aescbc:v1:aescbckey:")
    decryptor = Cipher(algorithms.AES(b"k" * 32), modes.CBC(body[:16])).decryptor()
    assert decryptor.update(body[16:]) == b"twelve bytes\x04\x04\x04\x04"


def test_a_value_of_aesgcm_does_not_open_at_another_place_or_changed():
    both = cipher(KEYS["aesgcm"])
    stored = both.encrypt(PLACE, b"value")
    for place, spoilt in (("/registry/secrets/default/b", stored), (PLACE, stored[:-1] + b"x"), (PLACE, stored[:40])):
        with pytest.raises(ciphers.CannotDecrypt, match="the key aesgcmkey does not open it"):
            both.decrypt(place, spoilt)


def test_a_missing_key_is_named_without_the_value(key):
    stored = cipher(key).encrypt(PLACE, b"secret")
    with pytest.raises(ciphers.CannotDecrypt, match=f"k8s:enc:{key.provider}.* with a key that is not there"):
        cipher().decrypt(PLACE, stored)


def test_a_damaged_value_of_aescbc_does_not_open():
    both = cipher(KEYS["aescbc"])
    with pytest.raises(ciphers.CannotDecrypt):
        both.decrypt(PLACE, both.encrypt(PLACE, b"value")[:-1])


def test_plain_text_is_read_whatever_the_keys_and_written_while_disabled(key):
    assert cipher(key).decrypt(PLACE, b'{"kind":"Secret"}') == b'{"kind":"Secret"}'
    off = cipher(key, enabled=False)
    assert off.encrypt(PLACE, b"x") == b"x"
    assert off.is_current(b"x")
    assert not off.is_current(cipher(key).encrypt(PLACE, b"x"))
