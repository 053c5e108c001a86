"""Writes stored objects again as they are, so that what the datastore does with values is done to them anew."""

import asyncio
from collections.abc import Iterable, Iterator

from pyk3s.apiserver.cache import store as caches
from pyk3s.datastore import contract

AT_ONCE = 64  # writes that share commits


async def rewrite(cache: caches.Cache, datastore: contract.Datastore, keys: Iterable[str]) -> int:
    """Write the objects at these keys of the datastore again, each under a new resourceVersion; returns how many.

    One that changed or went meanwhile needs no more: whoever changed it has written it anew. Raises Unavailable.
    """
    written = 0
    for some in _slices(list(keys)):
        written += sum(await asyncio.gather(*(_one(cache, datastore, key) for key in some)))
    return written


def _slices(keys: list[str]) -> Iterator[list[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


async def _one(cache: caches.Cache, datastore: contract.Datastore, key: str) -> bool:
    entry = cache.entry(key)
    if entry is None:
        return False
    try:
        await datastore.put(key, lambda revision: entry.at_revision(revision).value, expected=entry.revision)
    except contract.Conflict:
        return False
    return True
