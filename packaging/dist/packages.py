"""The distribution's packages, downloaded with its own tools and unpacked beside each other; nothing is installed.

Named are the packages whose programs the bundle carries; libraries come from whatever packages those depend on.
"""

import pathlib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field

PROGRAM_FOLDERS = ("usr/bin", "bin", "usr/sbin", "sbin")
LIBRARY_PACKAGES = ("lib", "zlib")  # what their names begin with
_DEPENDS = ("apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks")
_NOT_NEEDED = ("--no-replaces", "--no-enhances")


class NotFound(Exception):
    """Something that the bundle needs is in none of the packages."""


@dataclass
class Packages:
    """Unpacked packages. Remembers which of them gave something, for their licences."""

    folders: list[pathlib.Path]
    used: set[pathlib.Path] = field(default_factory=set)

    def program(self, name: str) -> pathlib.Path:
        return self._first(f"{folder}/{name}" for folder in PROGRAM_FOLDERS)

    def library(self, name: str) -> pathlib.Path:
        return self._first(
            f"{folder}/{place}{name}" for folder in ("lib", "usr/lib") for place in ("*-linux-gnu*/", "")
        )

    def path(self, pattern: str) -> pathlib.Path:
        """The first that a pattern such as `usr/lib/cni/bridge` finds in any package."""
        return self._first([pattern])

    def paths(self, pattern: str) -> list[pathlib.Path]:
        """All that a pattern finds, sorted by path inside the package."""
        found = [(folder, path) for folder in self.folders for path in folder.glob(pattern)]
        self.used |= {folder for folder, _ in found}
        return [path for _, path in sorted(found, key=lambda each: str(each[1].relative_to(each[0])))]

    def licences(self) -> dict[str, pathlib.Path]:
        """Copyright file by name of package, for those that gave something."""
        files = (path for folder in self.used for path in folder.glob("usr/share/doc/*/copyright"))
        return {path.parent.name: path.resolve() for path in files if path.exists()}

    def _first(self, patterns: Iterable[str]) -> pathlib.Path:
        tried = list(patterns)
        for pattern in tried:
            for folder in self.folders:
                for path in folder.glob(pattern):
                    self.used.add(folder)
                    return path
        raise NotFound(f"{tried[0]} is in none of the packages")


def file_names(packages: Iterable[str]) -> dict[str, str]:
    """The archive, with its version, of each package and of the library packages below them."""
    named = list(packages)
    listed = _told(*_DEPENDS, *_NOT_NEEDED, *named).splitlines()
    libraries = {line for line in listed if line.startswith(LIBRARY_PACKAGES)}
    wanted = sorted({*named, *libraries})
    archives = [line.split()[1] for line in _told("apt-get", "download", "--print-uris", *wanted).splitlines()]
    return {archive.partition("_")[0]: archive for archive in archives}


def fetch(archives: dict[str, str], folder: pathlib.Path) -> Packages:
    """Download what is not in `folder` yet and unpack it there."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [package for package, archive in archives.items() if not (folder / archive).exists()]
    if missing:
        subprocess.run(["apt-get", "-q", "download", *missing], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return Packages([_unpacked(folder / archive) for archive in archives.values()])


def _unpacked(archive: pathlib.Path) -> pathlib.Path:
    target = archive.with_suffix("")
    if not target.exists():
        fresh = target.with_suffix(".new")
        subprocess.run(["dpkg-deb", "-x", str(archive), str(fresh)], check=True)
        fresh.rename(target)
    return target


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
