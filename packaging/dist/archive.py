"""The payload behind the launcher: entries one after another, compressed, and a trailer that says what they are.

The forms are those of `struct entry` and `struct trailer` in packaging/launcher/launcher.c. What seldom changes (the
runtime) and what does (the project) are compressed apart and joined: zstd frames may follow each other. Each frame ends
with a checksum, by which unpacking finds damage. The hash is of the entries, not of their compressed form.
"""

import hashlib
import pathlib
import stat
import struct
import subprocess
from collections.abc import Iterable, Iterator

import elf

MAGIC = b"k3s-bundle-1\n\0\0\0"
ENTRY = struct.Struct("<IIQQ")  # mode, length of the name, size, offset of the loader's path
TRAILER = struct.Struct("<16sQQQ64s")  # magic, payload, unpacked, room for the loader's path, hash
COMPRESS = ("zstd", "-19", "--long=26", "-T0", "--check", "-q", "-c")
BLOCK = 4096


def entries(root: pathlib.Path) -> Iterator[bytes]:
    """Every folder, file and link below `root`, folders first and in a fixed order."""
    for path in sorted(root.rglob("*")):
        name, mode = str(path.relative_to(root)).encode(), path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield _entry(stat.S_IFDIR | 0o755, name, b"")
        elif stat.S_ISLNK(mode):
            yield _entry(stat.S_IFLNK | 0o777, name, str(path.readlink()).encode())
        else:
            content = path.read_bytes()
            permissions = 0o755 if mode & 0o100 else 0o644
            yield _entry(stat.S_IFREG | permissions, name, content, elf.loader_offset(content))


def end() -> bytes:
    return ENTRY.pack(0, 0, 0, 0)


def _entry(mode: int, name: bytes, content: bytes, loader_offset: int = 0) -> bytes:
    return ENTRY.pack(mode, len(name), len(content), loader_offset) + name + content


def compress(plain: pathlib.Path, to: pathlib.Path) -> None:
    with to.open("wb") as out:
        subprocess.run([*COMPRESS, str(plain)], stdout=out, check=True)


def unpacked_size(roots: Iterable[pathlib.Path]) -> int:
    """The room that the files take, each in whole blocks."""
    sizes = (path.lstat().st_size for root in roots for path in root.rglob("*"))
    return sum(-(-size // BLOCK) * BLOCK for size in sizes)


def digest(plain: Iterable[pathlib.Path]) -> str:
    """The hash of entries that lie in several files."""
    content = hashlib.sha256()
    for part in plain:
        with part.open("rb") as file:
            content.update(hashlib.file_digest(file, "sha256").digest())
    return content.hexdigest()


def trailer(payload_size: int, unpacked: int, content: str) -> bytes:
    return TRAILER.pack(MAGIC, payload_size, unpacked, elf.LOADER_ROOM, content.encode())


def write(to: pathlib.Path, launcher: pathlib.Path, packed: list[pathlib.Path], unpacked: int, content: str) -> None:
    """The one file."""
    payload = b"".join(part.read_bytes() for part in packed)
    fresh = to.with_suffix(".new")
    fresh.write_bytes(launcher.read_bytes() + payload + trailer(len(payload), unpacked, content))
    fresh.chmod(0o755)
    fresh.replace(to)
