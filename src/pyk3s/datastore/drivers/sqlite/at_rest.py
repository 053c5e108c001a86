"""Looks into a database file that nobody has open, without changing what it holds: before an upgrade, and for snapshots
while no server runs.
"""

import pathlib
import sqlite3

from pyk3s.datastore.contract import Damaged, Record, Snapshot
from pyk3s.datastore.drivers.sqlite import origin


def release(path: pathlib.Path) -> str | None:
    """The release that wrote the database; None where there is none that can be read."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        has_objects = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'current'").fetchone()
        return origin.read(connection) if has_objects else None
    except sqlite3.Error:
        return None  # damaged or not ours: opening it says so, in more words
    finally:
        connection.close()


def holds(path: pathlib.Path, beginning: bytes) -> bool:
    """Whether any live value begins so; False where the database cannot be read."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        query = "SELECT 1 FROM current WHERE substr(value, 1, ?) = ? LIMIT 1"
        return connection.execute(query, (len(beginning), beginning)).fetchone() is not None
    except sqlite3.Error:
        return False  # opening it says why
    finally:
        connection.close()


def snapshot(path: pathlib.Path) -> Snapshot:
    """Every live record; raises Damaged."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if problems != ["ok"]:
            raise Damaged(f"{path} is damaged: {problems[0]}")
        rows = connection.execute("SELECT key, revision, value FROM current ORDER BY revision")
        newest = {row[0]: Record(*row) for row in rows}  # of two rows of one key the newer counts
        (revision,) = connection.execute("SELECT number FROM meta WHERE name = 'reserved'").fetchone()
    except sqlite3.Error as error:
        raise Damaged(f"{path} cannot be read: {error}") from error
    finally:
        connection.close()
    return Snapshot(revision, [newest[key] for key in sorted(newest)])
