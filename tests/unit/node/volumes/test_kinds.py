import pathlib

import pytest

from pyk3s.node.volumes import kinds, subpaths
from pyk3s.node.volumes.payloads import NotReady


def test_volumes_stand_where_tools_look_for_them():
    root = pathlib.Path("/p")
    assert kinds.path_of(root, {"name": "v", "emptyDir": {}}) == root / "volumes/kubernetes.io~empty-dir/v"
    assert kinds.path_of(root, {"name": "v", "hostPath": {"path": "/x"}}) == pathlib.Path("/x")
    assert kinds.kind_of({"name": "v"}) == "emptyDir"


def test_volumes_of_other_kinds_are_refused_in_words():
    with pytest.raises(NotReady, match="nfs volumes are not supported"):
        kinds.kind_of({"name": "v", "nfs": {}})


def test_host_paths_are_made_or_checked(tmp_path):
    def check(name, kind):
        kinds.check_host_path({"name": "v", "hostPath": {"path": str(tmp_path / name), "type": kind}})

    check("new", "DirectoryOrCreate")
    check("new", "Directory")
    check("file", "FileOrCreate")
    check("nothing", "")
    for name, kind in (("file", "Directory"), ("new", "File"), ("file", "Socket"), ("none", "BlockDevice")):
        with pytest.raises(NotReady, match="type check failed"):
            check(name, kind)


@pytest.mark.parametrize("path", ["/abs", "../up", "a/../../b"])
def test_sub_paths_must_stay_inside(path):
    with pytest.raises(NotReady):
        subpaths.check(path)
