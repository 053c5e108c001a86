"""What is missing is named before anything is made."""

import socket

import pytest

from pyk3s.lib.failure import Failure
from pyk3s.roles import preflight


def test_without_root_the_way_out_is_named():
    with pytest.raises(Failure, match="must run as root: use sudo"):
        preflight.require_root(1000)


def test_all_missing_programs_are_named_with_their_packages():
    with pytest.raises(Failure, match="missing on this host: containerd, nft: apt-get install containerd nftables"):
        preflight.require_programs(["containerd", "runc", "nft"], {"runc": "/usr/sbin/runc"}.get)


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"cannot listen on 127.0.0.1 port {port}: another process uses it"):
            preflight.require_free_port("127.0.0.1", port)


def test_an_address_of_another_host_is_named():
    with pytest.raises(Failure, match="this host has no such address"):
        preflight.require_free_port("192.0.2.7", 6443)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=r"cannot write to .*file/data: Not a directory"):
        preflight.require_writable(tmp_path / "file/data")


def test_a_full_disk_is_told_before_anything_is_made(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preflight.os, "fsync", full)
    with pytest.raises(Failure, match="free some space"):
        preflight.require_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
