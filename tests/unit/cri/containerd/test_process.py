import pytest

from pyk3s.cri.containerd import process
from pyk3s.lib.failure import Failure


def test_a_host_without_a_hosts_file_gets_the_smallest_one(tmp_path):
    process._ensure_hosts_file(tmp_path / "hosts")
    assert (tmp_path / "hosts").read_text().split() == ["127.0.0.1", "localhost", "::1", "localhost"]


def test_the_hosts_file_that_is_there_stays(tmp_path):
    (tmp_path / "hosts").write_text("mine")
    process._ensure_hosts_file(tmp_path / "hosts")
    assert (tmp_path / "hosts").read_text() == "mine"


def test_that_none_can_be_made_is_said(tmp_path):
    with pytest.raises(Failure, match=r"this host has no .*: make one: No such file"):
        process._ensure_hosts_file(tmp_path / "none/hosts")
