"""A snapshot file is whole or refused."""

import sqlite3

import pytest

from pyk3s.datastore.contract import Record, Snapshot
from pyk3s.datastore.snapshots import content

FACTS = content.Facts("node", 1_769_817_600.5, "v1.36.2+pyk3s0.1.0", 7)
RECORDS = [Record(f"/registry/{number:03}", number, b"value %d" % number * 50) for number in range(1, 200)]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "snapshot"
    content.write(path, Snapshot(7, RECORDS), FACTS, b"sealed")
    return path


def test_what_was_written_is_read(path):
    assert content.read(path) == content.Content(FACTS, b"sealed", RECORDS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["snapshot"]


def test_a_spoilt_byte_anywhere_in_the_values_is_found(path):
    data = bytearray(path.read_bytes())
    at = data.index(b"value 123")
    data[at + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(content.Unusable, match="damaged"):
        content.read(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"not a database" * 100,
        lambda data: data[:100] + bytes(4096) + data[4196:],
    ],
)
def test_a_file_that_is_cut_short_or_something_else_is_refused_in_words(path, spoil):
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(content.Unusable, match="snapshot"):
        content.read(path)


def test_a_missing_row_or_fact_is_found(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM records WHERE key = '/registry/100'")
    connection.close()
    with pytest.raises(content.Unusable, match="does not match its digest"):
        content.read(path)


def test_a_newer_format_is_refused_with_what_to_do(path):
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {content.FORMAT + 1}")
    connection.close()
    with pytest.raises(content.Unusable, match=r"newer version of this program.*restore it with that version"):
        content.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(content.Unusable, match=r"there is no snapshot .*none"):
        content.read(tmp_path / "none")
