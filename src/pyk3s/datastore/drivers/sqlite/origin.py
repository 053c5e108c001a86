"""Which version of the product wrote a database. A newer one may have stored what an older one does not understand, so
an older one never opens it; before a newer one does, the server takes a snapshot.
"""

import pathlib
import re
import sqlite3

from pyk3s import version
from pyk3s.datastore.contract import Damaged

LAYOUT = f"""
CREATE TABLE IF NOT EXISTS origin (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR REPLACE INTO origin VALUES ('release', '{version.GIT_VERSION}');
"""
UNKNOWN = ""  # written before databases said by whom
_numbers = re.compile(r"\d+")


def order(release: str) -> tuple[int, ...]:
    """What releases such as `v1.36.2+pyk3s0.1.0` are compared by: Kubernetes' version first, then the product's."""
    return tuple(int(number) for number in _numbers.findall(release.replace("pyk3s", "")))


def is_newer(release: str, than: str) -> bool:
    """Whether one release comes after another."""
    return order(release) > order(than)


def require_not_newer(stored: str, running: str, path: pathlib.Path) -> None:
    """Raise Damaged where a newer release wrote the database."""
    if is_newer(stored, running):
        raise Damaged(
            f"{path} was written by {stored}, which is newer than this program ({running}). Start that one, or "
            f"restore the snapshot that was made before the upgrade (`k3s snapshot ls`, `k3s snapshot restore NAME`)"
        )


def read(connection: sqlite3.Connection) -> str:
    """The release that wrote an open database last; UNKNOWN if it does not say. Raises sqlite3.Error."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'origin'").fetchone():
        return UNKNOWN
    found = connection.execute("SELECT value FROM origin WHERE name = 'release'").fetchone()
    return str(found[0]) if found else UNKNOWN


def record(connection: sqlite3.Connection, release: str) -> None:
    """Note who writes the database from now on; writes nothing where that is known."""
    if read(connection) != release:
        connection.executescript(LAYOUT)
