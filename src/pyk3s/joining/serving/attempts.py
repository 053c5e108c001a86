"""How often a source may be wrong about a secret. A table of fixed size: strangers cannot make it grow.

A source (an IPv4 address, an IPv6 /64) falls into one of the slots by a keyed hash, so that nobody can choose to share
another's. Each slot forgives one failure every few seconds. While a slot is full its sources are not even heard, since
the answer to a right guess would be worth as much.
"""

import array
import hashlib
import ipaddress
from collections.abc import Callable

SLOTS = 4096
MOST = 10  # failures at once
FORGIVEN_S = 6.0  # one failure is forgiven in this time


class Attempts:
    """Counts failures; `key` is random, `time` monotonic seconds."""

    def __init__(self, key: bytes, time: Callable[[], float]):
        self._key, self._time = key, time
        self._failures = array.array("d", bytes(8 * SLOTS))
        self._since = array.array("d", bytes(8 * SLOTS))

    def wait(self, source: str) -> float:
        """Seconds until this source is heard again, 0 if it is heard now."""
        slot = self._slot(source)
        return max(0.0, (self._left(slot) - MOST + 1) * FORGIVEN_S)

    def failed(self, source: str) -> None:
        """Note a failure."""
        slot = self._slot(source)
        self._failures[slot] = min(self._left(slot) + 1, MOST)
        self._since[slot] = self._time()

    def _left(self, slot: int) -> float:
        return max(0.0, self._failures[slot] - (self._time() - self._since[slot]) / FORGIVEN_S)

    def _slot(self, source: str) -> int:
        digest = hashlib.blake2b(_network(source), key=self._key, digest_size=4).digest()
        return int.from_bytes(digest, "big") % SLOTS


def _network(source: str) -> bytes:
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source.encode()
    return address.packed[:8] if address.version == 6 else address.packed
