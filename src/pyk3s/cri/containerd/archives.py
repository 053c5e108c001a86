"""Looks through an image archive before containerd gets it: is it whole, and is there nothing in it that no image has.

An archive lies where only root writes, but it came from elsewhere. Refused are paths that lead out of it, devices and
pipes, links that point outside (docker writes links between layers, inside), archives that are cut short, that hold no
image, or that unpack to more than there is room for. Packed ones are unpacked bit by bit, never in memory.
"""

import asyncio
import contextlib
import pathlib
import posixpath
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tarfile

PACKERS = {".gz": "gzip", ".tgz": "gzip", ".zst": "zstd", ".tzst": "zstd"}
INDEXES = frozenset(("index.json", "manifest.json"))
CHUNK = 1 << 20
MOST_BYTES = 64 << 30
SPARE_BYTES = 64 << 20  # left free on the disk that unpacks
MOST_MEMBERS = 100_000


class BadArchive(Exception):
    """An archive is refused; the message says why."""


@contextlib.asynccontextmanager
async def plain(archive: pathlib.Path, folder: pathlib.Path) -> AsyncIterator[pathlib.Path]:
    """The archive as a plain tar that has been looked through: itself, or unpacked in `folder`. Raises BadArchive."""
    packer = PACKERS.get(archive.suffix)
    path = folder / "image.tar" if packer else archive
    if packer:
        await _unpack(packer, archive, path, _room(folder))
    await asyncio.to_thread(check, path)
    yield path


def check(path: pathlib.Path) -> None:
    """Raises BadArchive unless every member is one that an image may have."""
    import tarfile  # 0.6 MB that a resident process needs once in its life

    seen: set[str] = set()
    last: tarfile.TarInfo | None = None
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                _check_member(member)
                last = member
                seen.add(posixpath.normpath(member.name))
                if len(seen) > MOST_MEMBERS:
                    raise BadArchive("it has too many members to be an image")
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise BadArchive(f"it is no tar archive, or is cut short: {error}") from error
    if last is not None and last.isreg() and path.stat().st_size < last.offset_data + last.size:
        raise BadArchive(f"it is cut short within {last.name!r}")  # which the reader does not mind
    if not seen & INDEXES:
        raise BadArchive(f"it holds no image: there is no {' and no '.join(sorted(INDEXES))} in it")


def _check_member(member: "tarfile.TarInfo") -> None:
    if _leads_out(member.name):
        raise BadArchive(f"its member {member.name!r} leads out of it")
    if member.issym() or member.islnk():
        base = posixpath.dirname(member.name) if member.issym() else ""
        if member.linkname.startswith("/") or _leads_out(posixpath.join(base, member.linkname)):
            raise BadArchive(f"its member {member.name!r} is a link that leads out of it")
    elif not (member.isreg() or member.isdir()):
        raise BadArchive(f"its member {member.name!r} is neither a file nor a folder")
    elif member.sparse is not None:
        raise BadArchive(f"its member {member.name!r} is a sparse file, whose size is a claim")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or posixpath.normpath(name).split("/")[0] == ".."


def _room(folder: pathlib.Path) -> int:
    return min(MOST_BYTES, max(0, shutil.disk_usage(folder).free - SPARE_BYTES))


async def _unpack(packer: str, archive: pathlib.Path, target: pathlib.Path, most: int) -> None:
    try:
        process = await asyncio.create_subprocess_exec(
            packer, "-dc", str(archive), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise BadArchive(f"it cannot be unpacked: {packer} cannot be started: {error.strerror}") from error
    assert process.stdout is not None
    assert process.stderr is not None
    written = 0
    try:
        with target.open("wb") as file:
            while chunk := await process.stdout.read(CHUNK):
                written += len(chunk)
                if written > most:
                    raise BadArchive(f"it unpacks to more than the {most >> 20} MiB that there is room for")
                await asyncio.to_thread(file.write, chunk)
        told = (await process.stderr.read()).decode(errors="replace").strip()
        if await process.wait():
            raise BadArchive(f"it is no {packer} file, or is cut short: {told}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
