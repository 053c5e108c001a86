"""What the kernel of this machine was built with, how it is used: its configuration, IPv4 routes, swap, limits."""

import gzip
import ipaddress
import pathlib
import platform
import re
from typing import NamedTuple

ROUTES, SWAPS = pathlib.Path("/proc/net/route"), pathlib.Path("/proc/swaps")
_OPTION = re.compile(r"^CONFIG_(\w+)=([ym])$", re.MULTILINE)


class Route(NamedTuple):
    """A network and the interface that leads there."""

    network: ipaddress.IPv4Network
    interface: str


def config_file() -> pathlib.Path | None:
    """Where this kernel's configuration is, if the system keeps it."""
    release = platform.release()
    places = (
        pathlib.Path("/proc/config.gz"),
        pathlib.Path(f"/boot/config-{release}"),
        pathlib.Path(f"/lib/modules/{release}/config"),
        pathlib.Path(f"/lib/modules/{release}/build/.config"),
    )
    return next((path for path in places if path.is_file()), None)


def options(path: pathlib.Path) -> dict[str, str]:
    """The options that are on: `y`, or `m` for a module. Raises OSError."""
    data = path.read_bytes()
    text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    return dict(_OPTION.findall(text.decode(errors="replace")))


def routes(text: str) -> list[Route]:
    """The table of /proc/net/route, without default routes."""
    found = []
    for line in text.splitlines()[1:]:
        interface, destination, _, _, _, _, _, mask = line.split()[:8]
        length = int(mask, 16).bit_count()
        if length:
            address = ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(destination), "little"))
            found.append(Route(ipaddress.IPv4Network((address, length), strict=False), interface))
    return found


def swaps(text: str) -> list[str]:
    """The files and devices of /proc/swaps."""
    return [line.split()[0] for line in text.splitlines()[1:] if line.strip()]
