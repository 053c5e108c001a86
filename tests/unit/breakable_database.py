"""A database whose file can be made to fail while it is open, by SQLite's own switches."""

from typing import Any

from pyk3s.datastore.drivers.sqlite import database


class Database(database.Database):
    """Put it in the place of the store's own before that is opened."""

    def pragma(self, text: str) -> Any:
        row = self._connection.execute(f"PRAGMA {text}").fetchone()
        return row and row[0]


async def pragma(store: Any, text: str) -> Any:
    """Throw a switch in the process of an open store, or read a value there."""
    return await store._writer.call("pragma", text)
