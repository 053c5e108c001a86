"""Where the one file unpacks to, and what it says where it cannot; and a host that has no C library at all."""

import shutil
import subprocess

import bare
import pytest

pytestmark = bare.MARKS
SMALL = "size=60m"


@pytest.fixture(scope="module")
def k3s():
    return str(bare.built())


def on_tmpfs(tmp_path, options, *words):
    """A command with a file system of its own at DATA, in a mount namespace that goes with it."""
    (tmp_path / "data").mkdir(exist_ok=True)
    script = f'mount -t tmpfs -o {options} tmpfs "$1"; mount -o remount,{options} "$1"; shift; exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path / "data"), *words]
    environment = bare.ENVIRONMENT | {"K3S_DATA_DIR": str(tmp_path / "data")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (SMALL, "too little room in "),
        ("ro", "Read-only file system: choose another place with --data-dir"),
        ("noexec", "it is mounted noexec: choose another place with --data-dir"),
    ],
)
def test_a_place_that_will_not_do_is_refused_in_one_line(k3s, tmp_path, options, words):
    done = on_tmpfs(tmp_path, options, k3s, "--version")
    (line,) = done.stderr.splitlines()
    assert words in line
    assert done.returncode == 1


def test_a_disk_that_fills_up_is_told_and_leaves_nothing(k3s, tmp_path):
    """The room is counted first, but inodes are not, and others write as well."""
    script = f'"{k3s}" --version; ls "$K3S_DATA_DIR/data"'
    done = on_tmpfs(tmp_path, "size=400m,nr_inodes=100", "sh", "-c", script)
    assert "the disk is full: free some space" in done.stderr
    assert done.stdout == ""


def test_who_may_not_write_there_unpacks_at_home(k3s, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    script = f"""
mount -t tmpfs tmpfs /mnt
mkdir /mnt/home
mount --bind "{home}" /mnt/home
cp "{k3s}" /mnt/k3s
HOME=/mnt/home exec setpriv --reuid=65534 --regid=65534 --clear-groups /mnt/k3s --version
"""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, env=bare.ENVIRONMENT
    )
    assert done.stdout.startswith("k3s version"), done.stderr
    assert (home / ".rancher/k3s/data/current").is_symlink()


def test_it_runs_without_any_library_of_the_host(k3s, tmp_path):
    """As on musl systems: a root with a static shell and nothing else."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "proc").mkdir()
    shutil.copy(shutil.which("busybox"), tmp_path / "bin/sh")
    shutil.copy(k3s, tmp_path / "bin/k3s")
    programs = "containerd ctr runc nft conntrack iptables setpriv"
    script = f"""
mount -t proc proc "$1/proc"
exec chroot "$1" /bin/sh -ec '
k3s --version
k3s ctr --version
cd /var/lib/rancher/k3s/data/current
for name in {programs}; do bin/$name --version; done
bin/ip -V
bin/containerd-shim-runc-v2 -v
echo | CNI_COMMAND=VERSION cni/bridge
'"""
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/bin:/sbin"})
    assert done.returncode == 0, done.stderr
    for word in (
        "k3s version",
        "runc version",
        "nftables v",
        "conntrack v",
        "iptables v",
        "setpriv from",
        "ip utility",
    ):
        assert word in done.stdout
    assert "cniVersion" in done.stdout
