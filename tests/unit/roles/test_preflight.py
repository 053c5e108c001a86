"""What is missing is named before anything is made."""

import os
import pathlib
import socket
import subprocess
import sys

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


def test_an_address_that_comes_later_can_be_tried():
    preflight.require_free_port("192.0.2.7", 6443, may_come=True)


def test_another_way_out_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Failure, match="stop that one or choose another port with --https-listen-port"):
            port = taken.getsockname()[1]
            preflight.require_free_port("127.0.0.1", port, way_out="choose another port with --https-listen-port")


def test_folders_made_for_trying_are_taken_back(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "LEAST_FREE", 1 << 62)
    with pytest.raises(Failure, match=r"too little room .*: free some space: "):
        preflight.require_writable(tmp_path / "data/server")
    assert list(tmp_path.iterdir()) == []


def test_missing_plugins_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "PLUGIN_FOLDERS", (tmp_path / "a", tmp_path / "b"))
    (tmp_path / "b").mkdir()
    for name in ("bridge", "host-local", "loopback"):
        (tmp_path / "b" / name).touch()
    with pytest.raises(Failure, match=r"CNI plugins portmap in .*/b: apt-get install containernetworking-plugins"):
        preflight.plugin_folder()
    (tmp_path / "b/portmap").touch()
    assert preflight.plugin_folder() == tmp_path / "b"


def test_a_place_below_a_file_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="is not a folder; choose another place with --write-kubeconfig"):
        preflight.require_place(tmp_path / "file/k3s.yaml", flag="write-kubeconfig")
    with pytest.raises(Failure, match="it is a folder"):
        preflight.require_place(tmp_path, flag="write-kubeconfig")
    preflight.require_place(tmp_path / "to/come/k3s.yaml", flag="write-kubeconfig")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_held_folder_is_refused_to_another_process(tmp_path):
    holding = "import pathlib, sys; from pyk3s.roles import preflight; preflight.hold(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", f"{holding}; print('held', flush=True); sys.stdin.read()", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Failure, match="another server runs on"):
            preflight.hold(tmp_path)
        other.communicate("")
    os.close(preflight.hold(tmp_path))


def test_kernel_parameters_that_differ_are_named_with_what_to_do():
    with pytest.raises(Failure, match=r"sysctl -w kernel\.panic=10, or leave --protect-kernel-defaults out"):
        preflight.require_kernel_values({**preflight.KERNEL_VALUES, "kernel/panic": "0"}.__getitem__)
    preflight.require_kernel_values(preflight.KERNEL_VALUES.__getitem__)


def test_a_place_too_deep_for_sockets_is_named():
    fits = pathlib.Path("/" + "d" * (preflight.LONGEST_SOCKET - len(preflight.DEEPEST_SOCKET) - 2))
    preflight.require_short(fits)
    with pytest.raises(Failure, match=r"sockets cannot be made in .*: choose a --data-dir that is 3 bytes shorter"):
        preflight.require_short(fits.with_name(f"{fits.name}ddd"))
