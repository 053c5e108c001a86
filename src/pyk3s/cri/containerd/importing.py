"""Gives containerd the images it must have without a registry: the pause image, and archives laid into `agent/images`.

An archive is imported again only when it changed: its size and time of change are remembered beside it. Imported
images are pinned by label, so that garbage collection never takes what cannot be pulled again.
"""

import asyncio
import pathlib
import re
import tempfile
from collections.abc import Sequence

from pyk3s.cri import images
from pyk3s.cri.containerd import archives
from pyk3s.host import processes
from pyk3s.lib import files, log

NAMESPACE = "k8s.io"
SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst")
PIN_LABEL = "io.cri-containerd.pinned"
MARKS = ".imported"
IMPORT_SECONDS = 600.0

# What ctr says of each image, also of one that was there already.
_UNPACKED = re.compile(r"^(?:unpacking )?(\S+) \(sha256:[0-9a-f]{64}\)\.*", re.MULTILINE)
_log = log.get_logger("images")


class Importer:
    """Imports through `ctr`, containerd's own client."""

    def __init__(self, socket: pathlib.Path, program: str = "ctr", unpack_in: pathlib.Path | None = None):
        """`unpack_in` is where packed archives are unpacked: a disk with room, not the memory that /tmp may be."""
        self._unpack_in = unpack_in
        self._command = [program, "--address", str(socket), "--namespace", NAMESPACE]

    async def names(self) -> set[str]:
        """The images that containerd has."""
        done = await processes.run([*self._command, "images", "list", "--quiet"])
        return set(done.output.decode().split())

    async def import_file(self, archive: pathlib.Path) -> None:
        """One archive, plain, gzip or zstd; raises CommandFailed, BadArchive."""
        with tempfile.TemporaryDirectory(dir=self._unpack_in) as folder:
            async with archives.plain(archive, pathlib.Path(folder)) as path:
                before = await self.names()
                done = await processes.run([*self._command, "images", "import", str(path)], timeout=IMPORT_SECONDS)
        there = await self.names()
        told = set(_UNPACKED.findall(done.output.decode(errors="replace")))
        await self.pin(sorted((there - before) | (there & told)))

    async def pin(self, names: Sequence[str]) -> None:
        """Keep images from garbage collection."""
        for name in names:
            await processes.run([*self._command, "images", "label", name, f"{PIN_LABEL}=pinned"])

    async def pinned(self) -> set[str]:
        """The names of images that must stay."""
        done = await processes.run([*self._command, "images", "list", "--quiet", f'labels."{PIN_LABEL}"==pinned'])
        return set(done.output.decode().split())

    async def ensure(self, recipe: images.Recipe) -> None:
        """Make and import an image unless it is there."""
        if recipe.name in await self.names():
            return
        with tempfile.TemporaryDirectory() as folder:
            archive = pathlib.Path(folder) / "image.tar"
            await asyncio.to_thread(archive.write_bytes, images.archive(recipe))
            await self.import_file(archive)

    async def import_folder(self, folder: pathlib.Path) -> None:
        """Every archive of a folder that changed since its last import; one that fails does not stop the others."""
        for archive, mark in _changed(folder):
            try:
                await self.import_file(archive)
            except (processes.CommandFailed, archives.BadArchive, OSError) as error:
                _log.error("image archive cannot be imported", archive=archive, error=error)
                continue
            mark.parent.mkdir(exist_ok=True)
            files.write_atomic(mark, _identity(archive).encode())
            _log.info("image archive imported", archive=archive)


def _changed(folder: pathlib.Path) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Archives to import, each with the file that remembers its last import."""
    if not folder.is_dir():
        return []
    archives = [each for each in sorted(folder.iterdir()) if each.name.endswith(SUFFIXES) and each.is_file()]
    marked = [(each, folder / MARKS / each.name) for each in archives]
    return [(each, mark) for each, mark in marked if not mark.exists() or mark.read_text() != _identity(each)]


def _identity(archive: pathlib.Path) -> str:
    facts = archive.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"
