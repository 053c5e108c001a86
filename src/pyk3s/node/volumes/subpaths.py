"""A part of a volume mounted alone: checked not to lead out of the volume, then bound to a place that cannot be
swapped.
"""

import pathlib

from pyk3s.host import mounts
from pyk3s.node.volumes.payloads import NotReady


def check(path: str) -> None:
    """Raise NotReady where a sub-path is absolute or climbs out."""
    parts = pathlib.PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise NotReady(f"subPath {path!r} must be relative and must not contain '..'")


def bind(volume: pathlib.Path, relative: str, target: pathlib.Path) -> None:
    """Bind `volume/relative` to `target`; made as a folder where it does not exist. Raises NotReady."""
    check(relative)
    if mounts.is_mounted(target):
        return
    if volume.is_file():
        raise NotReady(f"subPath {relative!r}: the volume is a file")
    try:
        with mounts.opened_within(volume, relative, create=True) as descriptor:
            source = pathlib.Path(f"/proc/self/fd/{descriptor}")
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                target.mkdir(exist_ok=True)
            else:
                target.touch(exist_ok=True)
            mounts.bind(source, target)
    except OSError as error:
        raise NotReady(f"failed to prepare subPath {relative!r}: {error.strerror}") from error
