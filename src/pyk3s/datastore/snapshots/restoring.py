"""Makes the database file of a server out of a snapshot, keeping what was there.

Revisions go on far above those of the snapshot: clients may have seen later ones, which then are none of the new
history, so that a watch that would resume at one begins anew.
"""

import pathlib
from collections.abc import Sequence

from pyk3s.datastore.contract import Record
from pyk3s.datastore.drivers.sqlite.database import Database
from pyk3s.lib import files

REVISIONS_AHEAD = 1_000_000_000  # more than any cluster writes between a snapshot and its restore
NEW, OLD = ".restoring", ".old-"
COMPANIONS = ("-wal", "-shm")  # of SQLite; what stands in a write-ahead log belongs to its database


def prepare(database: pathlib.Path, records: Sequence[Record], revision: int) -> pathlib.Path:
    """Write the new database beside the present one; nothing of that changes. Returns the new file."""
    new = database.with_name(database.name + NEW)
    discard(new)
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    Database.make(new, records, revision + REVISIONS_AHEAD)
    return new


def discard(new: pathlib.Path) -> None:
    """Remove a prepared database, also one that was cut short."""
    for path in (new, new.with_name(new.name + ".present"), *(new.with_name(new.name + end) for end in COMPANIONS)):
        path.unlink(missing_ok=True)


def swap(new: pathlib.Path, database: pathlib.Path, now: float) -> pathlib.Path | None:
    """Move the present database aside and the new one in its place; returns where the old one is, None if none was.

    Killed in between, the server says that its database is missing; restoring again completes it.
    """
    aside = database.with_name(f"{database.name}{OLD}{int(now)}")
    had = database.exists()
    for end in ("", *COMPANIONS):  # the database first: without it nothing starts on the half of it
        part = database.with_name(database.name + end)
        if part.exists():
            part.replace(aside.with_name(aside.name + end))
    files.sync_folder(database.parent)
    new.replace(database)
    files.sync_folder(database.parent)
    return aside if had else None
