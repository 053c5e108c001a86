"""What a cluster is besides its objects, sealed under its join token, so that it can be kept with a snapshot: the
authorities, the keys that sign and the keys that encrypt. Who has a snapshot and the token has the cluster; who has
only the snapshot cannot join it, sign for it, or read secrets that were encrypted at rest.

AES-256-GCM under a key that scrypt makes of the token's secret; 32 MiB and a tenth of a second for each guess. Import
the cipher only in a short-lived process.
"""

import base64
import fnmatch
import hashlib
import json
import os
import pathlib
from collections.abc import Mapping

from pyk3s.lib import files

MAGIC = b"pyk3s-sealed-1:"
SALT_BYTES, NONCE_BYTES = 16, 12
COST, BLOCK, LANES, MEMORY = 1 << 15, 8, 1, 64 << 20  # scrypt's parameters, and the memory it may use
KEPT = (
    "tls/server-ca.*",
    "tls/client-ca.*",
    "tls/request-header-ca.*",
    "tls/etcd/server-ca.*",
    "tls/etcd/peer-ca.*",
    "tls/service*.key",
    "cred/passwd",
    "cred/ipsec.psk",
    "cred/encryption-*.json",
    "agent-token",
)
"""The files of the server's folder that make the cluster; what is missing is made anew from them at the next start."""

Files = Mapping[str, bytes]


class WrongToken(ValueError):
    """The token does not open what was sealed, or the seal is damaged."""


def collect(server: pathlib.Path) -> dict[str, bytes]:
    """The files to keep, by their path in the server's folder."""
    found = sorted(path for pattern in KEPT for path in server.glob(pattern) if path.is_file())
    return {str(path.relative_to(server)): path.read_bytes() for path in found}


def seal(kept: Files, secret: str, random: bytes | None = None) -> bytes:
    """Seal files under the secret of the token. `random` is 28 bytes, for tests."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    drawn = random or os.urandom(SALT_BYTES + NONCE_BYTES)
    salt, nonce = drawn[:SALT_BYTES], drawn[SALT_BYTES:]
    plain = json.dumps({name: base64.b64encode(data).decode() for name, data in kept.items()}).encode()
    return MAGIC + drawn + AESGCM(_key(secret, salt)).encrypt(nonce, plain, MAGIC)


def unseal(sealed: bytes, secret: str) -> dict[str, bytes]:
    """The files in a seal; raises WrongToken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    start, body = len(MAGIC), len(MAGIC) + SALT_BYTES + NONCE_BYTES
    if not sealed.startswith(MAGIC) or len(sealed) <= body:
        raise WrongToken("the sealed part is not of this program, or is cut short")
    salt, nonce = sealed[start : start + SALT_BYTES], sealed[start + SALT_BYTES : body]
    try:
        plain = AESGCM(_key(secret, salt)).decrypt(nonce, sealed[body:], MAGIC)
    except InvalidTag as error:
        raise WrongToken("the token does not open it") from error
    kept = {str(name): base64.b64decode(data) for name, data in json.loads(plain).items()}
    for name in kept:
        if not _belongs(name):
            raise WrongToken(f"the sealed part holds {name!r}, which does not belong there")
    return kept


def _belongs(name: str) -> bool:
    fitting = (pattern for pattern in KEPT if fnmatch.fnmatchcase(name, pattern))
    return any(name.count("/") == pattern.count("/") for pattern in fitting)


def place(kept: Files, server: pathlib.Path, prefix: str) -> list[pathlib.Path]:
    """Write the files of a seal; those there that differ get `prefix` before their names. Returns what was moved."""
    moved = []
    for name, data in kept.items():
        path = server / name
        if path.exists() and path.read_bytes() != data:
            moved.append(path.replace(path.with_name(prefix + path.name)))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.write_atomic(path, data, 0o644 if path.suffix == ".crt" else 0o600)
    return moved


def _key(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=MEMORY, dklen=32)
