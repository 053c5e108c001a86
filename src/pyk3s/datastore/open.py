"""Opens a datastore by its URL. A driver is imported when its scheme is asked for."""

import pathlib
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from pyk3s.datastore.contract import Datastore, DatastoreError


async def _sqlite(url: str) -> Datastore:
    from pyk3s.datastore.drivers.sqlite import store

    parts = urlsplit(url)
    return await store.open_sqlite(pathlib.Path(unquote(parts.netloc + parts.path)))


async def _memory(_url: str) -> Datastore:
    from pyk3s.datastore.drivers import memory

    return memory.MemoryDatastore()


DRIVERS: dict[str, Callable[[str], Awaitable[Datastore]]] = {"sqlite": _sqlite, "memory": _memory}


async def open_datastore(url: str) -> Datastore:
    """`sqlite:///path/of/state.db` or `memory://`. Raises Damaged, Unavailable; DatastoreError for another scheme."""
    scheme = url.partition("://")[0]
    driver = DRIVERS.get(scheme)
    if driver is None:
        known = ", ".join(f"{name}://" for name in DRIVERS)
        raise DatastoreError(f"datastore {scheme}:// is not supported; the address must begin with one of {known}")
    return await driver(url)
