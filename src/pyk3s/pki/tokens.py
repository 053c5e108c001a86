"""Join tokens in K3s' forms: `K10<SHA-256 of the server CA file>::<user>:<secret>`, the same with a bootstrap token
(`<id>.<secret>`) at its end, and short: the secret or the bootstrap token alone.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.pki import bootstrap, facts

PREFIX = "K10"
_FULL = re.compile(r"K10([0-9a-f]{64})::(?:([^:]+):(.+)|([a-z0-9]{6}\.[a-z0-9]{16}))")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Token(NamedTuple):
    """A join token taken apart. `ca_hash` is empty for a short token, which pins no authority; a bootstrap token has no
    user.
    """

    ca_hash: str
    user: str
    secret: str

    @property
    def bootstrap(self) -> bool:
        """Whether the secret is a bootstrap token."""
        return not self.user and bool(bootstrap.FORM.fullmatch(self.secret))


def random_secret() -> str:
    """A new secret: 16 random bytes in hexadecimal."""
    return secrets.token_hex(16)


def random_bootstrap() -> str:
    """A new bootstrap token, `<id>.<secret>`."""
    identifier, secret = ("".join(secrets.choice(_LETTERS) for _ in range(size)) for size in (6, 16))
    return f"{identifier}.{secret}"


def ca_hash(authority_pem: bytes) -> str:
    """What a full token pins: SHA-256 over the CA file's bytes; of a file with authorities above the first, over the
    root's DER, so that tokens outlive a change of what is below the root.
    """
    chain = facts.ders(authority_pem)
    return hashlib.sha256(root(chain) if len(chain) > 1 else authority_pem).hexdigest()


def root(chain: Sequence[bytes]) -> bytes:
    """The last certificate on the way up from the first, by names alone: the others are not proven to be below it."""
    by_subject = {facts.read(der).subject: der for der in reversed(chain)}
    at = chain[0]
    for _ in chain:
        above = by_subject.get(facts.read(at).issuer, at)
        if above == at:
            break
        at = above
    return at


def full(authority_pem: bytes, user: str, secret: str) -> str:
    """The text of a token; without a user it is that of a bootstrap token."""
    return f"{PREFIX}{ca_hash(authority_pem)}::{user and user + ':'}{secret}"


def parse(text: str) -> Token:
    """Take a full or short token apart; raises ValueError for one that has the K10 mark but not its form."""
    text = text.strip()
    if found := _FULL.fullmatch(text):
        return Token(found[1], found[2] or "", found[3] or found[4])
    if text.startswith(PREFIX) and "::" in text:
        raise ValueError("it starts with K10, but is not of the form K10<hash>::<user>:<secret> or ::<id>.<secret>")
    return Token("", "", text)
