"""What this machine is: processors, memory, identity and system version, read from /proc, /sys and /etc."""

import os
import pathlib
import platform
from dataclasses import dataclass

OS_RELEASE = pathlib.Path("/etc/os-release")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts that do not change while the system runs. Memory in bytes."""

    processors: int
    memory: int
    machine_id: str
    boot_id: str
    system_uuid: str
    kernel: str
    os_image: str


def read() -> Machine:
    """The facts of this machine; what cannot be read is empty."""
    return Machine(
        processors=os.cpu_count() or 1,
        memory=memory_figures().get("MemTotal", 0),
        machine_id=_text("/etc/machine-id"),
        boot_id=_text("/proc/sys/kernel/random/boot_id"),
        system_uuid=_text("/sys/class/dmi/id/product_uuid") or _text("/etc/machine-id"),
        kernel=platform.release(),
        os_image=_os_image(),
    )


def memory_figures() -> dict[str, int]:
    """/proc/meminfo in bytes."""
    figures = {}
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        amount = rest.split()
        figures[name] = int(amount[0]) * (1024 if len(amount) > 1 else 1)
    return figures


def disk(path: pathlib.Path) -> tuple[int, int]:
    """Size and free bytes of the file system that holds `path`."""
    figures = os.statvfs(path)
    return figures.f_blocks * figures.f_frsize, figures.f_bavail * figures.f_frsize


def inodes(path: pathlib.Path) -> tuple[int, int]:
    """Number of inodes, and free ones, of the file system that holds `path`."""
    figures = os.statvfs(path)
    return figures.f_files, figures.f_favail


def has_capability(number: int) -> bool:
    """Whether this process holds a Linux capability, by number as in capability.h."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def supports_filesystem(name: str) -> bool:
    """Whether the running kernel knows a file system now (a module may still be loadable)."""
    return any(line.split()[-1] == name for line in pathlib.Path("/proc/filesystems").read_text().splitlines())


def _text(path: str) -> str:
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def _os_image() -> str:
    for line in _text(str(OS_RELEASE)).splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip('"')
    return "Linux"


def cpu_nanoseconds() -> int:
    """CPU time that all processors together have spent working since the start of the system."""
    ticks = [int(each) for each in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
