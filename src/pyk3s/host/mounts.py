"""Mounting through the mount(2) system calls themselves: no helper process for each volume.

Limits: Linux only; needs CAP_SYS_ADMIN. The table of mounts is read from /proc/self/mountinfo.
"""

import contextlib
import ctypes
import errno
import os
import pathlib
import re
from collections.abc import Iterator

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC = 1, 2, 4, 32, 4096, 16384
MS_PRIVATE, MS_SHARED = 1 << 18, 1 << 20
MNT_DETACH = 2
_ESCAPE = re.compile(r"\\([0-7]{3})")
_libc = ctypes.CDLL(None, use_errno=True)


def mount_tmpfs(target: pathlib.Path, *, size_bytes: int | None = None, mode: int = 0o777) -> None:
    """Mount a file system in memory; without a size the kernel allows half of the memory."""
    options = f"mode={mode:o}" + (f",size={size_bytes}" if size_bytes else "")
    _mount("tmpfs", target, "tmpfs", 0, options)


def bind(source: str | pathlib.Path, target: pathlib.Path, *, recursive: bool = True, read_only: bool = False) -> None:
    """Make `source` visible at `target`, which must exist."""
    flags = MS_BIND | (MS_REC if recursive else 0)
    _mount(str(source), target, "", flags, "")
    if read_only:
        _mount("", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY, "")


def make_shared(target: pathlib.Path) -> None:
    """Let mounts made below `target` reach containers, as mountPropagation needs; it must be a mount point."""
    _mount("", target, "", MS_SHARED | MS_REC, "")


def unmount(target: pathlib.Path) -> None:
    """Detach the mount at `target`; nothing happens where there is none."""
    if _libc.umount2(os.fsencode(target), MNT_DETACH) == 0:
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOENT):
        raise OSError(code, os.strerror(code), str(target))


def mounted_below(folder: pathlib.Path) -> list[pathlib.Path]:
    """Mount points at or under `folder`, deepest first, so that they can be detached in this order."""
    prefix = f"{folder}/"
    found = [point for point in _mount_points() if point == str(folder) or point.startswith(prefix)]
    return [pathlib.Path(point) for point in sorted(found, key=lambda point: point.count("/"), reverse=True)]


def is_mounted(target: pathlib.Path) -> bool:
    return str(target) in set(_mount_points())


@contextlib.contextmanager
def opened_within(root: pathlib.Path, relative: str, *, create: bool) -> Iterator[int]:
    """A descriptor (O_PATH) of `root/relative` that no symbolic link can lead out of `root`.

    Links that stay inside are followed once, before the walk; the walk itself follows none, so a link swapped in
    meanwhile is refused with OSError. Missing folders are made if `create`.
    """
    base = root.resolve()
    wanted = (base / relative).resolve()
    if wanted != base and base not in wanted.parents:
        raise OSError(errno.EXDEV, "leads out of its volume", relative)
    descriptor = os.open(base, os.O_PATH | os.O_DIRECTORY)
    try:
        for part in wanted.relative_to(base).parts:
            following = _step(descriptor, part, create)
            os.close(descriptor)
            descriptor = following
        yield descriptor
    finally:
        os.close(descriptor)


def _step(folder: int, name: str, create: bool) -> int:
    try:
        return os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
        os.mkdir(name, 0o750, dir_fd=folder)
        return os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)


def _mount_points() -> list[str]:
    with pathlib.Path("/proc/self/mountinfo").open() as lines:
        return [_unescaped(line.split(" ", 5)[4]) for line in lines]


def _unescaped(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)


def _mount(source: str, target: pathlib.Path, kind: str, flags: int, options: str) -> None:
    ok = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    if ok != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(target))
