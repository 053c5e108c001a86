from pyk3s.node.volumes import atomic
from pyk3s.node.volumes.atomic import File


def shown(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith("..")}


def test_files_appear_behind_one_link(tmp_path):
    assert atomic.write(tmp_path, {"a": File(b"1", 0o600), "sub/b": File(b"2")})
    assert (tmp_path / "a").read_text() == "1"
    assert (tmp_path / "sub/b").read_text() == "2"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert str((tmp_path / "a").readlink()) == "..data/a"


def test_a_change_swaps_all_files_and_removes_old_ones(tmp_path):
    atomic.write(tmp_path, {"a": File(b"1"), "gone": File(b"x")})
    before = str((tmp_path / "..data").readlink())
    assert atomic.write(tmp_path, {"a": File(b"2")})
    assert shown(tmp_path) == {"a": "2"}
    assert not (tmp_path / before).exists()


def test_the_same_files_are_left_alone(tmp_path):
    files = {"a": File(b"1")}
    atomic.write(tmp_path, files)
    before = str((tmp_path / "..data").readlink())
    assert not atomic.write(tmp_path, files)
    assert str((tmp_path / "..data").readlink()) == before
    assert atomic.write(tmp_path, {"a": File(b"1", 0o400)})
