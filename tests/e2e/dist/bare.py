"""A host with nothing on it: a Debian of the smallest kind, without Python, containerd or nft, and the one file.

The root is entered with mount, process and network namespaces of its own: nothing of it is mounted outside, and all
processes and mounts are gone with its first process. The root and the built file are kept in build/ for the next run.
"""

import os
import pathlib
import shutil
import subprocess

import hosts
import pytest

NEEDED = ("debootstrap", "make", "gcc", "patchelf", "zstd", "pivot_root")
MISSING = [name for name in NEEDED if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
MARKS = [
    pytest.mark.root,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]
PROJECT = pathlib.Path(__file__).parents[3]
KILLALL = PROJECT / "packaging/k3s-killall.sh"
BUILD = PROJECT / "build/dist"
DEBIAN = BUILD / "debian"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
ENTER = """
set -e
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
shift
pivot_root . mnt
umount -l mnt
chroot . "$@"
exec chroot . sleep 100000
"""


def built() -> pathlib.Path:
    """The one file, built unless it is there for these sources already."""
    subprocess.run(["make", "--silent", "dist"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    return PROJECT / "dist/k3s"


def debian() -> pathlib.Path:
    """The smallest Debian, made once."""
    if not DEBIAN.exists():
        fresh = DEBIAN.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        command = ["debootstrap", "--variant=minbase", "bookworm", str(fresh)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        fresh.rename(DEBIAN)
    return DEBIAN


class BareHost:
    """A copy of that Debian with k3s in it, on a network of its own."""

    def __init__(self, folder: pathlib.Path):
        self.net = hosts.Host(folder)
        self.root = folder / "root"
        subprocess.run(["cp", "-a", str(debian()), str(self.root)], check=True)
        shutil.copy(built(), self.root / "usr/local/bin/k3s")
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        """Enter the host with a command that stays, such as `k3s server`."""
        namespaces = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
        enter = self.net.command("unshare", *namespaces, "sh", "-c", ENTER, "sh")
        with self.log.open("ab") as log:
            command = [*enter, str(self.root), *words]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=ENVIRONMENT)

    def run(self, *words: str, check: bool = True, timeout: float = 60, feed: str | None = None, **environment: str):
        """A command beside the one that stays."""
        target = ["--target", self._first(), "--mount", "--pid", "--net", "--root", "--wd=/"]
        done = subprocess.run(
            ["nsenter", *target, *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            input=feed,
            env=ENVIRONMENT | environment,
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def _first(self) -> str:
        """The process that is number 1 in there: the child of `unshare`, which `nsenter` has become."""
        assert self.process
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        hosts.eventually(lambda: path.read_text().split(), 10)
        return path.read_text().split()[0]

    def kubectl(self, *words: str, check: bool = True, timeout: float = 60, feed: str | None = None):
        """The built-in one, in the host."""
        return self.run("/usr/local/bin/k3s", "kubectl", *words, check=check, timeout=timeout, feed=feed)

    def wait_ready(self) -> None:
        hosts.eventually(lambda: " Ready " in self.kubectl("get", "nodes", check=False).stdout, 120, self.told)

    def told(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def close(self) -> None:
        """End everything in the host, its pods as well, by the script that is shipped for it."""
        if self.process and self.process.poll() is None:
            self.run("sh", timeout=120, feed=KILLALL.read_text())
            self.process.kill()  # and with it number 1, and with that everything
            self.process.wait(60)
        self.net.close()
        shutil.rmtree(self.root)
