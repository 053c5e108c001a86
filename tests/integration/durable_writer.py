"""Writes to a datastore from many tasks until it is killed; every acknowledged write is told on standard output.

Usage: durable_writer.py URL ROUND. Lines: `KEY REVISION` for durable, `~ REVISION` for lazy writes.
"""

import asyncio
import os
import sys

from pyk3s.datastore.open import open_datastore

WRITERS = 16


def body(revision: int) -> bytes:
    return b"%d " % revision + b"x" * 700


async def write(store, number: int, name: str) -> None:
    count = 0
    while True:
        key = f"/registry/things/{name}-{number}-{count}"
        made = await store.put(key, body, expected=0)
        os.write(1, b"%s %d\n" % (key.encode(), made.revision))
        again = await store.put(key, body, expected=made.revision)
        os.write(1, b"%s %d\n" % (key.encode(), again.revision))
        lazy = await store.put(f"/registry/leases/{name}-{number}-{count}", body, expected=0, lazy=True)
        os.write(1, b"~ %d\n" % lazy.revision)
        count += 1


async def main(url: str, name: str) -> None:
    store = await open_datastore(url)
    await asyncio.gather(*(write(store, number, name) for number in range(WRITERS)))


asyncio.run(main(sys.argv[1], sys.argv[2]))
