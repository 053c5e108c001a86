"""Kernel settings below /proc/sys, by path such as `net/ipv4/ip_forward`."""

import pathlib

from pyk3s.lib.failure import Failure

ROOT = pathlib.Path("/proc/sys")


def exists(name: str) -> bool:
    return (ROOT / name).exists()


def read(name: str) -> str:
    """The value, empty where this kernel has no such setting."""
    path = ROOT / name
    return path.read_text().strip() if path.exists() else ""


def write(name: str, value: str) -> None:
    """Set a value unless it is that already; a read-only /proc/sys with the wanted value is fine."""
    path = ROOT / name
    try:
        if path.read_text().strip() != value:
            path.write_text(value)
    except OSError as error:
        setting = f"{name.replace('/', '.')} = {value}"
        raise Failure(f"cannot set {setting}: {error.strerror}", remedy="set it on the host with sysctl") from error
