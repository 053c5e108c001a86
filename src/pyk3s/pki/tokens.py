"""Join tokens in K3s' form: `K10<SHA-256 of the server CA file>::<user>:<secret>`."""

import hashlib
import re
import secrets
from typing import NamedTuple

PREFIX = "K10"
_FULL = re.compile(r"K10([0-9a-f]{64})::([^:]+):(.+)")


class Token(NamedTuple):
    """A join token taken apart. `ca_hash` is empty for a short token, which pins no authority."""

    ca_hash: str
    user: str
    secret: str


def random_secret() -> str:
    """A new secret: 16 random bytes in hexadecimal."""
    return secrets.token_hex(16)


def ca_hash(authority_pem: bytes) -> str:
    """What a full token pins: SHA-256 over the CA file's bytes."""
    return hashlib.sha256(authority_pem).hexdigest()


def full(authority_pem: bytes, user: str, secret: str) -> str:
    return f"{PREFIX}{ca_hash(authority_pem)}::{user}:{secret}"


def parse(text: str) -> Token:
    """Take a full or short token apart; raises ValueError for one that has the K10 mark but not its form."""
    text = text.strip()
    if found := _FULL.fullmatch(text):
        return Token(*found.groups())
    if text.startswith(PREFIX) and "::" in text:
        raise ValueError("the token starts with K10 but is not of the form K10<hash>::<user>:<secret>")
    return Token("", "", text)
