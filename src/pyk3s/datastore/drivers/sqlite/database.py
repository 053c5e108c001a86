"""The SQLite file: layout, checks at opening, and the one statement that writes.

Two parts: `current` has one row per live key, `log` one per recent durable write, holding the value *before* it (the
value after it is in the next row of that key, or in `current`). Rows of `current` are found by a number that the store
keeps in memory, so no index on keys is maintained.

A batch of writes is a single INSERT into a temporary view, whose triggers spread it over the tables. One statement is
one transaction.

Everything here blocks and belongs in the store's writer process.
"""

import functools
import os
import pathlib
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from pyk3s import version
from pyk3s.datastore.contract import Damaged, Record, Unavailable
from pyk3s.datastore.drivers.sqlite import origin
from pyk3s.lib import files

APPLICATION_ID = 0x706B3373  # "pk3s"
VERSION = 1
CACHE_KIB = 4096
WAL_LIMIT = 8 * 1024 * 1024  # a write-ahead log above this is cut back when it is next reset
VACUUM_PAGES = 256  # pages given back at a time: 1 MiB
RESTORE = "Restore a snapshot (`k3s snapshot ls` shows them)"
MOST_ROWS = 512  # of one statement
PATIENCE_S = 10.0  # with a process that was killed and is still writing its last to a slow disk
PAGE_BYTES = 4 * 1024 * 1024  # of what is read at once

LAYOUT = f"""
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE current (id INTEGER PRIMARY KEY, key TEXT NOT NULL, revision INTEGER NOT NULL, value BLOB NOT NULL);
CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, previous BLOB, final BLOB);
CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('reserved', 0);
{origin.LAYOUT}
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""


class Kind:
    """What a row of a batch does. Plain numbers, which SQLite takes as they are."""

    NOTHING = 0  # fills a batch up to the size of a prepared statement
    PUT = 1
    DELETE = 2
    LAZY_PUT = 3  # not logged
    LAZY_DELETE = 4
    FORGET = 5  # drop the log up to `revision`
    RESERVE = 6  # revisions up to `revision` may have been handed out


TRIGGER = f"""
CREATE TEMP VIEW batch AS SELECT 0 AS kind, 0 AS id, '' AS key, 0 AS revision, x'' AS value, x'' AS previous;
CREATE TEMP TRIGGER log_it INSTEAD OF INSERT ON batch WHEN NEW.kind IN ({Kind.PUT:d}, {Kind.DELETE:d}) BEGIN
  INSERT INTO log VALUES (NEW.revision, NEW.key, NEW.previous, CASE NEW.kind WHEN {Kind.DELETE:d} THEN NEW.value END);
END;
CREATE TEMP TRIGGER put_it INSTEAD OF INSERT ON batch WHEN NEW.kind IN ({Kind.PUT:d}, {Kind.LAZY_PUT:d}) BEGIN
  INSERT OR REPLACE INTO current VALUES (NEW.id, NEW.key, NEW.revision, NEW.value);
END;
CREATE TEMP TRIGGER delete_it INSTEAD OF INSERT ON batch WHEN NEW.kind IN ({Kind.DELETE:d}, {Kind.LAZY_DELETE:d}) BEGIN
  DELETE FROM current WHERE id = NEW.id;
END;
CREATE TEMP TRIGGER forget_it INSTEAD OF INSERT ON batch WHEN NEW.kind = {Kind.FORGET:d} BEGIN
  DELETE FROM log WHERE revision <= NEW.revision;
END;
CREATE TEMP TRIGGER reserve_it INSTEAD OF INSERT ON batch WHEN NEW.kind = {Kind.RESERVE:d} BEGIN
  UPDATE meta SET number = NEW.revision WHERE name = 'reserved';
END;
"""


class Row(NamedTuple):
    """A row of a batch."""

    kind: int
    id: int = 0
    key: str = ""
    revision: int = 0
    value: bytes | None = None
    previous: bytes | None = None


class Live(NamedTuple):
    id: int
    key: str
    revision: int
    value: bytes


class Logged(NamedTuple):
    revision: int
    key: str
    previous: bytes | None
    final: bytes | None


NOTHING = Row(Kind.NOTHING)
Cell = int | str | bytes | None


def cells(rows: Iterable[Row]) -> list[Cell]:
    """What `Database.write` takes of up to MOST_ROWS rows: one cell after the other, which travel faster than rows."""
    return [cell for row in rows for cell in row]


class Database:
    """An open and checked database file, held exclusively."""

    def __init__(self, path: pathlib.Path):
        """Open or create `path`. Raises Damaged, and Unavailable where another process holds it."""
        self.path = path
        self._marker = path.with_name(path.name + ".present")
        if self._marker.exists() and not path.exists():
            raise Damaged(
                f"{path} is missing although this server had a database there. {RESTORE}; or, to begin with an empty "
                f"cluster, remove {self._marker}"
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # nobody else reads what it holds
            path.chmod(0o600)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"cannot open {path}: {error}") from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise self._opening_failed(error) from error
        except Damaged:
            self._connection.close()
            raise
        if not self._marker.exists():
            files.write_atomic(self._marker, b"The database beside this file has been created; see the manual.\n")

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA temp_store = MEMORY")
        run(f"PRAGMA cache_size = -{CACHE_KIB}")
        if not self._marker.exists() and not self._number("SELECT count(*) FROM sqlite_master"):
            self._connection.executescript(LAYOUT)  # new, or its making was cut short
        else:
            self._check()
            origin.record(self._connection, version.GIT_VERSION)
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
        self._connection.executescript(TRIGGER)

    def _check(self) -> None:
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise Damaged(f"{self.path} is not a database of this program, or has been emptied. {self._remedy()}")
        layout = self._number("PRAGMA user_version")
        if layout > VERSION:
            raise Damaged(
                f"{self.path} was written by a newer version of this program (layout {layout}, this one knows "
                f"{VERSION}). Start the newer version, or restore a snapshot made before the upgrade"
            )
        origin.require_not_newer(origin.read(self._connection), version.GIT_VERSION, self.path)
        problems = [str(row[0]) for row in self._connection.execute("PRAGMA quick_check(3)")]
        if problems != ["ok"]:
            what = " ".join("; ".join(problems).split())  # SQLite tells in several lines
            raise Damaged(f"{self.path} is damaged: {what}. {self._remedy()}")

    def _opening_failed(self, error: sqlite3.Error) -> Damaged | Unavailable:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Unavailable(f"{self.path} is in use by another process; only one server can run on it")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            return Damaged(f"{self.path} is damaged: {error}. {self._remedy()}")
        return Unavailable(f"cannot open {self.path}: {error}{_advice(error)}")

    def _remedy(self) -> str:
        return f"{RESTORE}; or, to begin with an empty cluster, remove it and {self._marker}"

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    # -- reading ------------------------------------------------------------------------------------------------

    def reserved(self) -> int:
        """No revision above this one was ever handed out."""
        return self._number("SELECT number FROM meta WHERE name = 'reserved'")

    def live(self, after: int) -> list[Live]:
        """The next page of live rows after an id, in order of id; empty at the end."""
        query = "SELECT id, key, revision, value FROM current WHERE id > ? ORDER BY id"
        page: list[Live] = []
        size = 0
        for row in self._connection.execute(query, (after,)):
            page.append(Live(*row))
            size += len(row[3])
            if size > PAGE_BYTES:
                break
        return page

    def logged(self) -> list[tuple[int, int]]:
        """Revision and size of every kept log row, oldest first."""
        query = "SELECT revision, coalesce(length(previous), 0) + coalesce(length(final), 0) FROM log ORDER BY revision"
        return self._connection.execute(query).fetchall()

    def log_after(self, revision: int) -> list[Logged]:
        """The log after a revision, newest first."""
        query = "SELECT revision, key, previous, final FROM log WHERE revision > ? ORDER BY revision DESC"
        return [Logged(*row) for row in self._connection.execute(query, (revision,))]

    @classmethod
    def make(cls, path: pathlib.Path, records: Iterable[Record], reserved: int) -> None:
        """Make a new database file of live records, closed and on disk when this returns. `path` must not exist."""
        database = cls(path)
        try:
            run = database._connection
            run.execute("BEGIN")
            run.executemany("INSERT INTO current (key, revision, value) VALUES (?, ?, ?)", records)
            run.execute("UPDATE meta SET number = ? WHERE name = 'reserved'", (reserved,))
            run.execute("COMMIT")
        finally:
            database.close()
            database._marker.unlink()

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, cells: list[Cell], durable: bool = True) -> None:
        """Store the rows of `cells` in one transaction, on disk when this returns if durable; or raise Unavailable."""
        rows = len(cells) // len(NOTHING)
        size = 1 << (rows - 1).bit_length()
        values = cells + list(NOTHING) * (size - rows)
        try:
            if not durable:
                self._connection.execute("PRAGMA synchronous = NORMAL")
            try:
                self._connection.execute(_statement(size), values)
            finally:
                if not durable:
                    self._connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise Unavailable(f"cannot write {self.path}: {error}{_advice(error)}") from error

    def shrink(self) -> bool:
        """Give a slice of free pages back to the file system, where they are many; True if more should follow."""
        free, total = self._number("PRAGMA freelist_count"), self._number("PRAGMA page_count")
        if free <= max(4 * VACUUM_PAGES, total // 4):
            return False
        try:
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
            self._connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise Unavailable(f"cannot shrink {self.path}: {error}") from error
        return True

    def scrub(self, revision: int) -> None:
        """Drop the log up to a revision and make the file anew, so that no byte stays of what is gone."""
        run = self._connection.execute
        try:
            run("DELETE FROM log WHERE revision <= ?", (revision,))
            run("PRAGMA temp_store = FILE")  # the copy that VACUUM makes can be as large as the database
            run("VACUUM")
            run("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise Unavailable(f"cannot rewrite {self.path}: {error}{_advice(error)}") from error
        finally:
            run("PRAGMA temp_store = MEMORY")
            run("DROP VIEW IF EXISTS temp.batch")  # it has gone with the change, unless the first step failed
            self._connection.executescript(TRIGGER)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise Unavailable(f"cannot close {self.path}: {error}") from error
        finally:
            self._connection.close()


def _advice(error: sqlite3.Error) -> str:
    full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return ". Free some space: what was acknowledged is kept, and writes go on as soon as there is room" if full else ""


@functools.cache
def _statement(rows: int) -> str:
    return f"INSERT INTO batch VALUES {','.join(['(?,?,?,?,?,?)'] * rows)}"
