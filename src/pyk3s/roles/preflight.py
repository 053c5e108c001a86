"""What must hold before anything is made: root, the host's programs, free ports, room on the disk. One clear line
each, and nothing left behind.
"""

import errno
import fcntl
import os
import pathlib
import shutil
import socket
import sys
from collections.abc import Callable, Iterable

from pyk3s.lib.failure import Failure

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "catatonit": "catatonit",
    "setpriv": "util-linux",
    "iptables": "iptables",
    "ctr": "containerd",
}
KERNEL_VALUES = {  # the kubelet's, which the hardening guide of K3s lists
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
}
PLUGINS = ("bridge", "host-local", "portmap", "loopback")
# The bundle's, if we run from one; Debian's; everyone else's.
PLUGIN_FOLDERS = (pathlib.Path(sys.prefix, "cni"), pathlib.Path("/usr/lib/cni"), pathlib.Path("/opt/cni/bin"))
LEAST_FREE = 16 * 1024 * 1024  # an empty cluster's certificates, database and write-ahead log, with room to spare
IP_FREEBIND = 15  # linux/in.h: lets an address be tried that this host does not have yet
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


LONGEST_SOCKET = 104  # bytes of a socket's path: containerd takes no more, the kernel 107
DEEPEST_SOCKET = "containerd/containerd.sock.ttrpc"  # below the run directory


def require_short(run_dir: pathlib.Path) -> None:
    """A run directory in which sockets can be made: they have no longer names."""
    over = len(os.fsencode(run_dir / DEEPEST_SOCKET)) - LONGEST_SOCKET
    if over > 0:
        raise Failure(
            f"sockets cannot be made in {run_dir}", remedy=f"choose a --data-dir that is {over} bytes shorter"
        )


def require_root(user: int) -> None:
    if user:
        raise Failure("must run as root", remedy="use sudo, or --disable-agent for a server without a node")


def require_programs(names: Iterable[str], find: Callable[[str], str | None]) -> None:
    """Name every missing program at once, with the Debian packages to install."""
    missing = [name for name in names if not find(name)]
    if missing:
        packages = " ".join(dict.fromkeys(PACKAGES[name] for name in missing))
        raise Failure(f"missing on this host: {', '.join(missing)}", remedy=f"apt-get install {packages}")


def find_program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH_PATH)


def plugin_folder() -> pathlib.Path:
    """Where this host has its CNI plugins; raises Failure naming the first that is missing."""
    folder = next((each for each in PLUGIN_FOLDERS if (each / PLUGINS[0]).exists()), PLUGIN_FOLDERS[-1])
    missing = [name for name in PLUGINS if not (folder / name).exists()]
    if missing:
        what = f"missing on this host: the CNI plugins {', '.join(missing)} in {folder}"
        raise Failure(what, remedy="apt-get install containernetworking-plugins")
    return folder


def require_free_port(
    address: str, port: int, *, way_out: str = "", kind: int = socket.SOCK_STREAM, may_come: bool = False
) -> None:
    """Try to listen there for a moment; `may_come` for an address that this host gets later.

    `way_out` is what else to do, besides stopping the other process, where it is taken.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if may_come:
            probe.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Failure(f"cannot listen on {address} port {port}", remedy=_listen_remedy(error, way_out)) from error


def require_kernel_values(read: Callable[[str], str]) -> None:
    """Name every kernel parameter that is not what the kubelet wants."""
    wrong = [f"{name.replace('/', '.')}={value}" for name, value in KERNEL_VALUES.items() if read(name) != value]
    if wrong:
        remedy = f"sysctl -w {' '.join(wrong)}, or leave --protect-kernel-defaults out"
        raise Failure("kernel parameters are not what the kubelet wants", remedy=remedy)


def require_writable(folder: pathlib.Path) -> None:
    """Make the folder if need be, and write a byte into it: a full or read-only disk shows here and not half-way."""
    made = _absent(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_probe(folder / ".writable")
        _require_room(folder)
    except OSError as error:
        _remove(made)
        remedy = "free some space" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        raise Failure(f"cannot write to {folder}", remedy=remedy) from error
    except Failure:
        _remove(made)
        raise


def require_place(file: pathlib.Path, *, flag: str) -> None:
    """Whether `file` can be written, without writing it; `flag` chooses another place."""
    existing = file
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if file.is_dir():
        raise Failure(f"cannot write {file}", remedy=f"it is a folder; choose another place with --{flag}")
    if existing != file and not existing.is_dir():
        raise Failure(f"cannot write {file}", remedy=f"{existing} is not a folder; choose another place with --{flag}")
    if not os.access(existing, os.W_OK, effective_ids=True):
        raise Failure(f"cannot write {file}", remedy=f"no permission; choose another place with --{flag}")


def hold(folder: pathlib.Path) -> int:
    """Hold the folder for this process until it ends, so that no other server works on it; the lock's descriptor.
    The file says who holds it, for k3s-killall.sh.

    Locks of this kind are not inherited: a killed server lets go even while its children still end.
    """
    descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        what, remedy = f"another server runs on {folder.parent}", "stop that one or choose another with --data-dir"
        raise Failure(what, remedy=remedy) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def holder(folder: pathlib.Path) -> int | None:
    """The process that holds the folder, None if none does."""
    try:
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(descriptor, 20).strip() or 0)
    else:
        return None
    finally:
        os.close(descriptor)


def _absent(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders of this path that are not there yet, deepest first."""
    return [each for each in (folder, *folder.parents) if not each.exists()]


def _remove(folders: Iterable[pathlib.Path]) -> None:
    for folder in folders:
        if folder.is_dir():
            folder.rmdir()


def _write_probe(probe: pathlib.Path) -> None:
    try:
        with probe.open("wb", buffering=0) as file:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _require_room(folder: pathlib.Path) -> None:
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < LEAST_FREE:
        wanted = f"{LEAST_FREE >> 20} MiB are needed, {free >> 20} are free"
        raise Failure(f"too little room on the disk of {folder}", remedy=f"free some space: {wanted}")


def _listen_remedy(error: OSError, way_out: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"another process uses it; stop that one{way_out and ' or ' + way_out}"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host has no such address; choose another with --bind-address"
    return error.strerror or str(error)
