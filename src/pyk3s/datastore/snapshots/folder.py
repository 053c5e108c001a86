"""Where snapshots lie: their names, which of them stay, and how one gets there whole or not at all.

A snapshot is called `NAME-NODE-SECONDS`, with `.zip` if it is compressed. It is written under a hidden name and renamed
when it is on disk: a process that is killed leaves a hidden file at most, which the next save removes.
"""

import contextlib
import os
import pathlib
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pyk3s.datastore.snapshots.content import Unusable
from pyk3s.lib import files

PARTIAL = ".partial-"
ZIP = ".zip"
MOST_UNPACKED = 16 << 30  # bytes; a database of this kind ends far below
_STAMPED = re.compile(r"(?P<base>.+)-(?P<stamp>\d{9,12})(\.zip)?")
_is_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}").fullmatch


class Kept(NamedTuple):
    """A snapshot in the folder. Bytes; seconds since 1970."""

    name: str
    path: pathlib.Path
    size: int
    created: float


def file_name(name: str, node: str, created: float, *, compress: bool) -> str:
    """What a snapshot of that moment is called; raises ValueError for a name that is none."""
    if not _is_name(name):
        raise ValueError(f"{name!r} is no name for a snapshot: letters, digits, dots, dashes and underlines are")
    return f"{name}-{node}-{int(created)}{ZIP if compress else ''}"


def listed(folder: pathlib.Path) -> list[Kept]:
    """The snapshots of a folder, oldest first. Files that do not bear such a name are not ours."""
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        if (named := _STAMPED.fullmatch(path.name)) and not path.name.startswith(".") and path.is_file():
            found.append(Kept(path.name, path, path.stat().st_size, float(named["stamp"])))
    return sorted(found, key=lambda each: (each.created, each.name))


def surplus(held: Iterable[Kept], name: str, node: str, retention: int) -> list[Kept]:
    """Those of this name and node that are beyond the newest `retention`, oldest first."""
    of_name = [each for each in held if _base(each.name) == f"{name}-{node}"]
    of_name.sort(key=lambda each: (each.created, each.name))
    return of_name[: max(0, len(of_name) - retention)]


def surplus_by_prefix(held: Iterable[Kept], prefix: str, retention: int) -> list[Kept]:
    """Those whose name begins so and that are beyond the newest `retention`, oldest first."""
    of_prefix = sorted((each for each in held if each.name.startswith(prefix)), key=lambda each: each.created)
    return of_prefix[: max(0, len(of_prefix) - retention)]


def _base(name: str) -> str:
    found = _STAMPED.fullmatch(name)
    return found["base"] if found else name


def save(folder: pathlib.Path, name: str, write: Callable[[pathlib.Path], None]) -> Kept:
    """Let `write` make the file, then put it in its place under `name`; raises what `write` raises, and OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_partial(folder)
    target, partial = folder / name, folder / f"{PARTIAL}{name}"
    try:
        if name.endswith(ZIP):
            _write_packed(partial, write)
        else:
            write(partial)
        partial.replace(target)
    except BaseException:
        _remove_partial(folder)
        raise
    files.sync_folder(folder)
    return next(each for each in listed(folder) if each.path == target)


def _write_packed(partial: pathlib.Path, write: Callable[[pathlib.Path], None]) -> None:
    plain = partial.with_name(partial.name.removesuffix(ZIP))
    write(plain)
    partial.touch(0o600)
    with partial.open("r+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain, plain.name.removeprefix(PARTIAL))
        file.flush()
        os.fsync(file.fileno())
    plain.unlink()


@contextlib.contextmanager
def unpacked(path: pathlib.Path, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """The plain file of a snapshot: itself, or what its archive holds, in `folder` for as long as the block lasts."""
    if path.suffix != ZIP:
        yield path
        return
    plain = folder / f"{PARTIAL}unpacked"
    try:
        _unpack(path, plain)
        yield plain
    finally:
        plain.unlink(missing_ok=True)


def _unpack(path: pathlib.Path, plain: pathlib.Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].file_size > MOST_UNPACKED:
                raise Unusable(f"{path} is not a snapshot of this program")
            with archive.open(members[0]) as source, plain.open("xb") as target:
                shutil.copyfileobj(source, target)
    except FileNotFoundError as error:
        raise Unusable(f"there is no snapshot {path}") from error
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise Unusable(f"the snapshot {path} is damaged: {error}. Take another one") from error


def delete(held: Sequence[Kept]) -> None:
    """Remove snapshots."""
    for each in held:
        each.path.unlink(missing_ok=True)


def _remove_partial(folder: pathlib.Path) -> None:
    for left in folder.glob(f"{PARTIAL}*"):
        left.unlink(missing_ok=True)
