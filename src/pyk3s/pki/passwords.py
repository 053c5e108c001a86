"""Node passwords as they are kept: scrypt, written as K3s writes it, `$1:<salt>:<log2 N>:<r>:<p>:<hash>`.

Slow and hungry by design (32 MB for a moment): call it in a short-lived process.
"""

import base64
import binascii
import hashlib
import hmac

COST, BLOCK, PARALLEL, SIZE = 15, 8, 1, 64
MOST_COST = 20
_MEMORY = 1 << 31  # the most that OpenSSL may use; the amount follows from the costs


def hashed(password: str, salt: bytes) -> str:
    """What to keep of a password."""
    told = base64.b64encode(_derive(password, salt, COST, BLOCK, PARALLEL)).decode().rstrip("=")
    return f"$1:{salt.hex()}:{COST}:{BLOCK}:{PARALLEL}:{told}"


def matches(password: str, kept: str) -> bool:
    """Whether it is the password that was kept; in constant time. What cannot be read matches nothing."""
    mark, *parts = kept.split(":")
    if mark != "$1" or len(parts) != 5:
        return False
    try:
        salt, wanted = bytes.fromhex(parts[0]), base64.b64decode(parts[4] + "=" * (-len(parts[4]) % 4))
        cost, block, parallel = (int(each) for each in parts[1:4])
        if not 0 < cost <= MOST_COST:
            return False
        return hmac.compare_digest(_derive(password, salt, cost, block, parallel), wanted)
    except (ValueError, binascii.Error):
        return False


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=1 << cost, r=block, p=parallel, maxmem=_MEMORY - 1, dklen=SIZE
    )
