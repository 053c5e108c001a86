"""Names, retention, and files that are there whole or not at all."""

import pathlib

import pytest

from pyk3s.datastore.snapshots import content, folder


def kept(*names):
    return [folder.Kept(name, pathlib.Path(name), 1, float(name.removesuffix(".zip")[-10:])) for name in names]


def write(path):
    path.write_bytes(b"content")


def test_a_name_says_what_where_and_when():
    assert folder.file_name("on-demand", "n1", 1769817600.9, compress=False) == "on-demand-n1-1769817600"
    assert folder.file_name("x", "n1", 1769817600, compress=True) == "x-n1-1769817600.zip"


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 300, "-x"])
def test_a_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(ValueError, match="is no name for a snapshot"):
        folder.file_name(name, "n1", 0, compress=False)


def test_the_oldest_of_a_name_beyond_the_retention_are_surplus():
    held = kept(*(f"etcd-snapshot-n1-{1769817600 + number}" for number in range(4)), "on-demand-n1-1000000000")
    assert [each.name[-1] for each in folder.surplus(held, "etcd-snapshot", "n1", 2)] == ["0", "1"]
    assert folder.surplus(held, "etcd-snapshot", "n1", 4) == []


def test_retention_counts_packed_ones_and_leaves_those_of_other_nodes_and_names():
    held = kept("a-n1-1000000001", "a-n1-1000000002.zip", "a-n1-n1-1000000000", "a-n2-1000000000", "ab-n1-1000000000")
    assert [each.name for each in folder.surplus(held, "a", "n1", 1)] == ["a-n1-1000000001"]


def test_what_is_listed_is_what_was_saved_oldest_first(tmp_path):
    for name in ("a-n1-1000000002", "a-n1-1000000001.zip", ".partial-a-n1-1000000003", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [each.name for each in folder.listed(tmp_path)] == ["a-n1-1000000001.zip", "a-n1-1000000002"]
    assert folder.listed(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["a-n1-1000000001", "a-n1-1000000001.zip"])
def test_a_save_that_fails_leaves_nothing_and_one_that_succeeds_one_file(tmp_path, name):
    def fail(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        folder.save(tmp_path, name, fail)
    assert list(tmp_path.iterdir()) == []
    saved = folder.save(tmp_path, name, write)
    assert [each.name for each in tmp_path.iterdir()] == [name]
    with folder.unpacked(saved.path, tmp_path) as plain:
        assert plain.read_bytes() == b"content"
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_a_killed_save_left_goes_with_the_next(tmp_path):
    (tmp_path / f"{folder.PARTIAL}a-n1-1000000000").write_bytes(b"half")
    folder.save(tmp_path, "a-n1-1000000001", write)
    assert [each.name for each in tmp_path.iterdir()] == ["a-n1-1000000001"]


def test_a_damaged_archive_is_refused_in_words(tmp_path):
    saved = folder.save(tmp_path, "a-n1-1000000001.zip", write)
    saved.path.write_bytes(saved.path.read_bytes()[:40])
    with pytest.raises(content.Unusable, match="damaged"), folder.unpacked(saved.path, tmp_path):
        pass
