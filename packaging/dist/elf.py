"""ELF files of the bundle: which libraries they need, and how they find them and their loader without the host's help.

A program names its loader by absolute path: room for one is left, and the launcher writes it at unpacking. Libraries
are found by an RPATH relative to the program (not RUNPATH: that would not hold for what libraries need in turn).
"""

import pathlib
import struct
import subprocess

LOADER_ROOM = 512  # for the path of a data directory and `data/<hash>/lib/ld.so`
MAGIC = b"\x7fELF"
PT_INTERP = 3
_HEADER = struct.Struct("<32xQ14xHH")  # offset, size and number of the program headers of a 64-bit file
_SEGMENT = struct.Struct("<I4xQ16xQ")  # type, offset, size in the file


class NotSupported(Exception):
    """A file of a form that the bundle cannot carry."""


def is_elf(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def loader_offset(content: bytes) -> int:
    """Where the room for the loader's path is; 0 for what has none, as libraries and static programs."""
    if not content.startswith(MAGIC):
        return 0
    if content[4:6] != b"\x02\x01":
        raise NotSupported("only 64-bit little-endian programs are supported")
    table, size, count = _HEADER.unpack_from(content)
    for number in range(count):
        kind, offset, length = _SEGMENT.unpack_from(content, table + number * size)
        if kind == PT_INTERP and length == LOADER_ROOM:
            return int(offset)
    return 0


def needed(path: pathlib.Path) -> list[str]:
    """The names of the libraries that a dynamic file asks for; none for a static one."""
    done = subprocess.run(["patchelf", "--print-needed", str(path)], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def make_relocatable(program: pathlib.Path, rpath: str) -> None:
    """Leave room for the loader's path in a dynamic program, and let it look for libraries at `rpath`."""
    if not needed(program):
        return
    placeholder = "/" * (LOADER_ROOM - 1)
    subprocess.run(
        ["patchelf", "--set-interpreter", placeholder, "--force-rpath", "--set-rpath", rpath, str(program)], check=True
    )
    if not loader_offset(program.read_bytes()):
        raise NotSupported(f"no room for a loader's path could be made in {program}")


def strip(path: pathlib.Path) -> None:
    """Take away what only debuggers read."""
    subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)
