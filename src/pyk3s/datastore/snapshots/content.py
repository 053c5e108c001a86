"""The format of a snapshot: an SQLite file with the live records, facts about them, and sealed bootstrap data.

It holds neither history nor free pages, so nothing that was deleted lives on in it. A digest over everything tells
spoilt bytes where SQLite's own check does not look. Values are as the datastore holds them: encrypted ones stay so.
The file is written without a journal: who calls puts it in its place only when it is complete.
"""

import hashlib
import os
import pathlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import NamedTuple

from pyk3s.datastore.contract import DatastoreError, Record, Snapshot

APPLICATION_ID = 0x706B3353  # "pk3S"
FORMAT = 1
LAYOUT = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
CREATE TABLE records (key TEXT NOT NULL, revision INTEGER NOT NULL, value BLOB NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class Unusable(DatastoreError):
    """A file is no snapshot, is damaged, or is of a newer version; the message says which."""


@dataclass(frozen=True)
class Facts:
    """Where a snapshot comes from. `release` is the version that wrote the data; `created` is seconds since 1970."""

    node: str
    created: float
    release: str
    revision: int


class Content(NamedTuple):
    """A snapshot that has been read and found whole."""

    facts: Facts
    bootstrap: bytes
    records: list[Record]


def write(path: pathlib.Path, snapshot: Snapshot, facts: Facts, bootstrap: bytes) -> None:
    """Write a snapshot to a new file, on disk when this returns. Raises OSError, sqlite3.Error."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(LAYOUT)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO records VALUES (?, ?, ?)", snapshot.records)
        stored = {**asdict(facts), "bootstrap": bootstrap, "digest": _digest(facts, bootstrap, snapshot.records)}
        connection.executemany("INSERT INTO facts VALUES (?, ?)", stored.items())
        connection.execute("COMMIT")
    finally:
        connection.close()
    _sync(path)


def read(path: pathlib.Path) -> Content:
    """Read a snapshot and check it as a whole; raises Unusable."""
    if not path.is_file():
        raise Unusable(f"there is no snapshot {path}")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return _read(connection, path)
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        raise Unusable(f"the snapshot {path} is damaged: {error}. Take another one") from error
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, path: pathlib.Path) -> Content:
    if _number(connection, "application_id") != APPLICATION_ID:
        raise Unusable(f"{path} is not a snapshot of this program, or is damaged")
    if (version := _number(connection, "user_version")) > FORMAT:
        raise Unusable(
            f"the snapshot {path} was written by a newer version of this program (format {version}, this one knows "
            f"{FORMAT}): restore it with that version"
        )
    stored = dict(connection.execute("SELECT name, value FROM facts"))
    records = [Record(*row) for row in connection.execute("SELECT key, revision, value FROM records")]
    digest, bootstrap = stored.pop("digest"), stored.pop("bootstrap")
    facts = Facts(**stored)
    if digest != _digest(facts, bootstrap, records):
        raise Unusable(f"the snapshot {path} is damaged: its content does not match its digest. Take another one")
    return Content(facts, bootstrap, records)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _digest(facts: Facts, bootstrap: bytes, records: Iterable[Record]) -> bytes:
    found = hashlib.sha256()
    for part in _parts(facts, bootstrap, records):
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()


def _parts(facts: Facts, bootstrap: bytes, records: Iterable[Record]) -> Iterator[bytes]:
    yield repr(sorted(asdict(facts).items())).encode()
    yield bootstrap
    for key, revision, value in records:
        yield key.encode()
        yield b"%d" % revision
        yield value


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
