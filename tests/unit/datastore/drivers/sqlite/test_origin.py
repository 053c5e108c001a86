"""Which version may open what another one wrote."""

import sqlite3

import pytest

from pyk3s import version
from pyk3s.datastore.contract import Damaged
from pyk3s.datastore.drivers.sqlite import at_rest, origin
from pyk3s.datastore.drivers.sqlite.database import Database


@pytest.fixture
def path(tmp_path):
    Database(tmp_path / "state.db").close()
    return tmp_path / "state.db"


def written_by(path, release):
    connection = sqlite3.connect(path)
    connection.execute("UPDATE origin SET value = ?", (release,))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("v1.36.2+pyk3s0.1.0", "v1.36.10+pyk3s0.1.0"),
        ("v1.36.2+pyk3s0.1.9", "v1.36.2+pyk3s0.1.10"),
        ("v1.36.9+pyk3s0.9.9", "v1.37.0+pyk3s0.1.0"),
        (origin.UNKNOWN, "v1.36.2+pyk3s0.1.0"),
    ],
)
def test_releases_are_ordered_by_their_numbers(older, newer):
    assert origin.is_newer(newer, older)
    assert not origin.is_newer(older, newer)
    assert not origin.is_newer(newer, newer)


def test_a_new_database_says_who_wrote_it(path):
    assert at_rest.release(path) == version.GIT_VERSION
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_older_version_refuses_a_newer_database_with_words_and_changes_nothing(path):
    written_by(path, "v1.99.0+pyk3s0.1.0")
    before = path.read_bytes()
    with pytest.raises(Damaged, match=r"newer than this program .*restore the snapshot"):
        Database(path)
    assert path.read_bytes() == before


def test_a_newer_version_takes_over(path):
    written_by(path, "v1.35.0+pyk3s0.0.1")
    Database(path).close()
    assert at_rest.release(path) == version.GIT_VERSION


def test_a_database_from_before_it_was_noted_counts_as_older(path):
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE origin")
    connection.close()
    assert at_rest.release(path) == origin.UNKNOWN
    Database(path).close()
    assert at_rest.release(path) == version.GIT_VERSION


def test_where_there_is_no_database_there_is_no_release(tmp_path):
    (tmp_path / "broken").write_bytes(b"x" * 5000)
    assert at_rest.release(tmp_path / "none") is None
    assert at_rest.release(tmp_path / "broken") is None
