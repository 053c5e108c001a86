"""Opens a datastore by its URL. A driver is a module with `begin_url`, imported when its scheme is asked for."""

import importlib
from collections.abc import Awaitable, Callable

from pyk3s.datastore.contract import Datastore, DatastoreError

DRIVERS = {
    "sqlite": "pyk3s.datastore.drivers.sqlite.store",
    "memory": "pyk3s.datastore.drivers.memory",
}
Opening = Callable[[], Awaitable[Datastore]]


def begin(url: str) -> Opening:
    """Begin to open `sqlite:///path/of/state.db` or `memory://`; what is returned completes it, in the event loop.

    Best begun before the process imports much and grows: a driver may fork. Raises DatastoreError for another scheme;
    completing it raises Damaged and Unavailable.
    """
    scheme = url.partition("://")[0]
    driver = DRIVERS.get(scheme)
    if driver is None:
        known = ", ".join(f"{name}://" for name in DRIVERS)
        raise DatastoreError(f"datastore {scheme}:// is not supported; the address must begin with one of {known}")
    begin_url: Callable[[str], Opening] = importlib.import_module(driver).begin_url
    return begin_url(url)


async def open_datastore(url: str) -> Datastore:
    """Open at once. Raises Damaged, Unavailable; DatastoreError for another scheme."""
    return await begin(url)()
