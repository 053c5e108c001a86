"""Opens a datastore by its URL. A driver is a module with `open_url`, imported when its scheme is asked for."""

import importlib
from collections.abc import Awaitable, Callable

from pyk3s.datastore.contract import Datastore, DatastoreError

DRIVERS = {
    "sqlite": "pyk3s.datastore.drivers.sqlite.store",
    "memory": "pyk3s.datastore.drivers.memory",
}


async def open_datastore(url: str) -> Datastore:
    """`sqlite:///path/of/state.db` or `memory://`. Raises Damaged, Unavailable; DatastoreError for another scheme."""
    scheme = url.partition("://")[0]
    driver = DRIVERS.get(scheme)
    if driver is None:
        known = ", ".join(f"{name}://" for name in DRIVERS)
        raise DatastoreError(f"datastore {scheme}:// is not supported; the address must begin with one of {known}")
    open_url: Callable[[str], Awaitable[Datastore]] = importlib.import_module(driver).open_url
    return await open_url(url)
