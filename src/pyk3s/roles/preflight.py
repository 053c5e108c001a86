"""What must hold before anything is made: root, the host's programs, free ports. One clear line each."""

import errno
import os
import pathlib
import shutil
import socket
from collections.abc import Callable, Iterable

from pyk3s.lib.failure import Failure

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "mount": "mount",
    "catatonit": "catatonit",
}
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


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


def require_free_port(address: str, port: int) -> None:
    """Try to listen there for a moment."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Failure(f"cannot listen on {address} port {port}", remedy=_listen_remedy(error)) from error


def require_writable(folder: pathlib.Path) -> None:
    """Make the folder if need be, and write a byte into it: a full or read-only disk shows here and not half-way."""
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with probe.open("wb", buffering=0) as file:
                file.write(b"x" * 4096)
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        remedy = "free some space" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        raise Failure(f"cannot write to {folder}", remedy=remedy) from error


def _listen_remedy(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another process uses it; stop that one or choose another with --https-listen-port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host has no such address; choose another with --bind-address"
    return error.strerror or str(error)
