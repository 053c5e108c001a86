"""Files of a volume that change together: readers see the old set or the new one, never a mixture.

The files stand in a fresh hidden folder; `..data` points to it and is swapped by one rename; each visible name is a
link through `..data`. This is the layout that programs expect of a kubelet.
"""

import os
import pathlib
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass

DATA = "..data"
NEXT = "..data_tmp"


@dataclass(frozen=True, slots=True)
class File:
    """Content and permissions; `owner` is a user id, -1 to leave it."""

    content: bytes
    mode: int = 0o644
    owner: int = -1


def write(folder: pathlib.Path, files: Mapping[str, File], *, group: int | None = None) -> bool:
    """Make `folder` hold exactly `files` (relative paths); False if it did already. `group` may read all of them."""
    current = folder / DATA
    if current.is_symlink() and _same(current, files, group):
        return False
    fresh = folder / f"..{time.strftime('%Y_%m_%d_%H_%M_%S', time.gmtime())}.{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o755)
    fresh.chmod(0o755)
    for name, file in files.items():
        _write_file(fresh, name, file, group)
    old = current.readlink() if current.is_symlink() else None
    following = folder / NEXT
    following.unlink(missing_ok=True)
    following.symlink_to(fresh.name)
    following.replace(current)
    _link(folder, files)
    if old is not None:
        shutil.rmtree(folder / old, ignore_errors=True)
    return True


def _write_file(fresh: pathlib.Path, name: str, file: File, group: int | None) -> None:
    target = fresh / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.content)
    mode = file.mode
    if file.owner >= 0 or group is not None:
        os.chown(target, file.owner, -1 if group is None else group)
    if group is not None:
        mode |= 0o440
    target.chmod(mode)


def _link(folder: pathlib.Path, files: Mapping[str, File]) -> None:
    tops = {pathlib.PurePosixPath(name).parts[0] for name in files}
    for top in tops:
        link = folder / top
        if not link.is_symlink():
            link.symlink_to(f"{DATA}/{top}")
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in tops and entry.is_symlink():
            entry.unlink()


def _same(current: pathlib.Path, files: Mapping[str, File], group: int | None) -> bool:
    present = {str(path.relative_to(current)) for path in current.rglob("*") if path.is_file()}
    if present != set(files):
        return False
    extra = 0 if group is None else 0o440
    return all(
        (current / name).read_bytes() == file.content and (current / name).stat().st_mode & 0o7777 == file.mode | extra
        for name, file in files.items()
    )
