"""Gives containerd the images it must have without a registry: the pause image, and archives laid into `agent/images`.

An archive is imported again only when it changed: its size and time of change are remembered beside it. Imported
images are pinned by label, so that garbage collection never takes what cannot be pulled again.
"""

import asyncio
import pathlib
import tempfile
from collections.abc import Sequence

from pyk3s.cri import images
from pyk3s.host import processes
from pyk3s.lib import files, log

NAMESPACE = "k8s.io"
SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst")
PIN_LABEL = "io.cri-containerd.pinned"
MARKS = ".imported"
IMPORT_SECONDS = 600.0

_log = log.get_logger("images")


class Importer:
    """Imports through `ctr`, containerd's own client."""

    def __init__(self, socket: pathlib.Path, program: str = "ctr"):
        self._command = [program, "--address", str(socket), "--namespace", NAMESPACE]

    async def names(self) -> set[str]:
        """The images that containerd has."""
        done = await processes.run([*self._command, "images", "list", "--quiet"])
        return set(done.output.decode().split())

    async def import_file(self, archive: pathlib.Path) -> None:
        """One archive, plain, gzip or zstd; raises CommandFailed."""
        path = archive
        with tempfile.TemporaryDirectory() as folder:
            if archive.suffix in (".gz", ".tgz", ".zst", ".tzst"):
                path = pathlib.Path(folder) / "image.tar"
                tool = "zstd" if "zst" in archive.suffix else "gzip"
                unpacked = await processes.run([tool, "-dc", str(archive)], timeout=IMPORT_SECONDS)
                await asyncio.to_thread(path.write_bytes, unpacked.output)
            before = await self.names()
            await processes.run([*self._command, "images", "import", str(path)], timeout=IMPORT_SECONDS)
        await self.pin(sorted(await self.names() - before))

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
            except processes.CommandFailed as error:
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
