"""Random bytes of the kernel, fetched many at a time: asking for a few costs a hundred times what taking them does.

For identifiers that must not collide, not for keys: what is fetched lies in memory until it is taken. A forked process
starts with nothing, so that no two take the same.
"""

import os

SIZE = 16  # bytes of one draw: those of a UUID
_FETCHED = 256  # draws at a time
_ready: list[bytes] = []
os.register_at_fork(after_in_child=_ready.clear)


def draw() -> bytes:
    """16 bytes that nobody has had before."""
    try:
        return _ready.pop()
    except IndexError:
        block = os.urandom(SIZE * _FETCHED)
        drawn, *more = (block[at : at + SIZE] for at in range(0, len(block), SIZE))
        _ready.extend(more)
        return drawn
