import pathlib

import pytest

from pyk3s.host import mounts


def test_a_path_inside_is_opened_and_made(tmp_path):
    with mounts.opened_within(tmp_path, "a/b", create=True) as descriptor:
        assert str(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink()) == str(tmp_path / "a/b")


def test_links_that_stay_inside_are_followed_and_others_refused(tmp_path):
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "near").symlink_to("real")
    (root / "far").symlink_to("/etc")
    with mounts.opened_within(root, "near", create=False) as descriptor:
        assert str(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink()) == str(root / "real")
    for path in ("far", "../x"):
        with pytest.raises(OSError, match="leads out"), mounts.opened_within(root, path, create=False):
            pass


def test_mount_points_are_listed():
    assert not mounts.mounted_below(pathlib.Path("/nowhere"))
    assert mounts.is_mounted(pathlib.Path("/proc"))
