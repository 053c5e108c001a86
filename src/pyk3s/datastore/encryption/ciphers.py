"""Bytes in, bytes out, in the form of upstream's providers: the key's prefix, then what the provider writes.

- aescbc: 16 random bytes, then AES-CBC with PKCS#7 padding. Hides, but does not notice changes on the disk.
- aesgcm: 12 random bytes, then AES-GCM with its tag, bound to the key of the datastore: a changed value, or one that
  was moved under another name, does not open. Upstream asks for a new key every 200,000 writes.

The library is loaded with the first use: 8 MB, which only a server with encryption pays.
"""

import os
from typing import Any

from pyk3s.datastore.encryption.configuration import Configuration, Key

PREFIX = b"k8s:enc:"
IV_BYTES, NONCE_BYTES, BLOCK_BITS = 16, 12, 128
SHOWN = 60


class CannotDecrypt(Exception):
    """No key opens a value; the message says why."""


class Cipher:
    """Encrypts with the key that writes, decrypts with the key that a value names."""

    def __init__(self, configuration: Configuration):
        self._keys = configuration.keys
        self._writer = configuration.writer
        self._ready = {key.prefix: _ready(key) for key in self._keys}

    def is_current(self, stored: bytes) -> bool:
        """Whether a value is as it would be written now."""
        if self._writer is None:
            return not stored.startswith(PREFIX)
        return stored.startswith(self._writer.prefix)

    def encrypt(self, place: str, value: bytes) -> bytes:
        """What to store at `place`, the key of the datastore."""
        key = self._writer
        if key is None:
            return value
        if key.provider == "aesgcm":
            nonce = os.urandom(NONCE_BYTES)
            sealed: bytes = self._ready[key.prefix].encrypt(nonce, value, place.encode())
            return key.prefix + nonce + sealed
        iv = os.urandom(IV_BYTES)
        return key.prefix + iv + _cbc(self._ready[key.prefix], iv, value)

    def decrypt(self, place: str, stored: bytes) -> bytes:
        """The plain value; raises CannotDecrypt."""
        if not stored.startswith(PREFIX):
            return stored
        key = next((key for key in self._keys if stored.startswith(key.prefix)), None)
        if key is None:
            began = stored[:SHOWN].split(b":v1:")[0].decode(errors="replace")
            raise CannotDecrypt(f"it is encrypted ({began}) with a key that is not there")
        body = stored[len(key.prefix) :]
        try:
            if key.provider == "aesgcm":
                nonce, sealed = body[:NONCE_BYTES], body[NONCE_BYTES:]
                opened: bytes = self._ready[key.prefix].decrypt(nonce, sealed, place.encode())
                return opened
            return _uncbc(self._ready[key.prefix], body[:IV_BYTES], body[IV_BYTES:])
        except (_invalid_tag(), ValueError) as error:
            raise CannotDecrypt(f"the key {key.name} does not open it") from error


def _ready(key: Key) -> Any:
    from cryptography.hazmat.primitives.ciphers import aead, algorithms

    return aead.AESGCM(key.secret) if key.provider == "aesgcm" else algorithms.AES(key.secret)


def _invalid_tag() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


def _cbc(algorithm: Any, iv: bytes, value: bytes) -> bytes:
    from cryptography.hazmat.primitives import ciphers
    from cryptography.hazmat.primitives.ciphers import modes

    missing = IV_BYTES - len(value) % IV_BYTES
    encryptor = ciphers.Cipher(algorithm, modes.CBC(iv)).encryptor()
    return encryptor.update(value + bytes([missing]) * missing) + encryptor.finalize()


def _uncbc(algorithm: Any, iv: bytes, body: bytes) -> bytes:
    from cryptography.hazmat.primitives import ciphers, padding
    from cryptography.hazmat.primitives.ciphers import modes

    decryptor = ciphers.Cipher(algorithm, modes.CBC(iv)).decryptor()
    padded = decryptor.update(body) + decryptor.finalize()
    unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
