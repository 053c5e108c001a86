"""Keeps container logs short: a log above its size is moved aside and the runtime opens a new one; old ones are
packed, the oldest go.

Names are those of the kubelet: `0.log.20260131-120000`, then `.gz`.
"""

import gzip
import pathlib
import shutil
import time
from collections.abc import Awaitable, Callable

PACKED = ".gz"


async def rotate(
    path: pathlib.Path, *, most_bytes: int, most_files: int, now: float, reopen: Callable[[], Awaitable[None]]
) -> bool:
    """Rotate a log if it is too long; `reopen` makes the runtime write to a new file. Raises what that raises."""
    if not _too_long(path, most_bytes):
        return False
    aside = _set_aside(path, most_files, now)
    try:
        await reopen()
    except BaseException:
        _put_back(aside, path)  # the runtime still writes to it
        raise
    return True


def _too_long(path: pathlib.Path, most_bytes: int) -> bool:
    try:
        return path.stat().st_size > most_bytes
    except FileNotFoundError:
        return False


def _set_aside(path: pathlib.Path, most_files: int, now: float) -> pathlib.Path:
    """Make room among the old files and give the log an old file's name."""
    rotated = sorted(path.parent.glob(f"{path.name}.*"))
    for old in rotated[: max(0, len(rotated) - (most_files - 2))]:
        old.unlink()
    for old in rotated:
        if old.exists() and old.suffix != PACKED:
            _pack(old)
    aside = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}")
    path.rename(aside)
    return aside


def _put_back(aside: pathlib.Path, path: pathlib.Path) -> None:
    aside.rename(path)


def _pack(path: pathlib.Path) -> None:
    target = path.with_name(path.name + PACKED)
    with path.open("rb") as source, gzip.open(target, "wb") as packed:
        shutil.copyfileobj(source, packed)
    path.unlink()
