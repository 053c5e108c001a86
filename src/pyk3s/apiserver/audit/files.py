"""The file of an audit log: lines are appended, a full file is set aside under its time, old ones are removed.

A line is whole or absent: each is one write to a file opened for appending. Nothing is synchronised to the disk, as
upstream's log is not. What cannot be written raises OSError, and what remains of a torn line is cut off again.
"""

import datetime
import os
import pathlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

MEBIBYTE = 1 << 20
DAY_S = 86400.0
MODE = 0o600
STAMP = "%Y-%m-%dT%H-%M-%S"


@dataclass(frozen=True)
class Rotation:
    """When files are set aside and removed; 0 means never, except for the size, where it means 100 MiB."""

    size_mib: int = 100
    backups: int = 0
    age_days: int = 0


class LogFile:
    """A growing file with its backups beside it. `time` gives seconds since 1970."""

    def __init__(self, path: pathlib.Path, rotation: Rotation, time: Callable[[], float]):
        self.path, self._rotation, self._time = path, rotation, time
        self._limit = (rotation.size_mib or 100) * MEBIBYTE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = self._open()
        self._size = os.fstat(self._descriptor).st_size
        self._remove_old()

    def write(self, lines: bytes) -> None:
        """Append complete lines; raises OSError."""
        if self._size and self._size + len(lines) > self._limit:
            self._rotate()
        written = os.write(self._descriptor, lines)
        if written < len(lines):  # the disk is full
            os.ftruncate(self._descriptor, self._size)
            raise OSError(f"only {written} of {len(lines)} bytes of the audit log could be written to {self.path}")
        self._size += written

    def close(self) -> None:
        os.close(self._descriptor)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, MODE)

    def _rotate(self) -> None:
        now = self._time()
        stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime(STAMP)
        self.path.rename(self._backup(f"{stamp}.{int(now * 1000) % 1000:03}"))
        fresh = self._open()
        os.close(self._descriptor)
        self._descriptor, self._size = fresh, 0
        self._remove_old()

    def _backup(self, stamp: str) -> pathlib.Path:
        return self.path.with_name(f"{self.path.stem}-{stamp}{self.path.suffix}")

    def _remove_old(self) -> None:
        found = sorted(
            self.path.parent.glob(f"{self.path.stem}-????-??-??T??-??-??.???{self.path.suffix}"), reverse=True
        )
        rotation = self._rotation
        gone = found[rotation.backups :] if rotation.backups else []
        if rotation.age_days:
            horizon = self._time() - rotation.age_days * DAY_S
            gone = [*gone, *(each for each in found if each not in gone and each.stat().st_mtime < horizon)]
        for each in gone:
            each.unlink(missing_ok=True)


class StandardOutput:
    """`audit-log-path=-`: lines among those of the server."""

    def write(self, lines: bytes) -> None:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()

    def close(self) -> None:
        """Nothing of ours to close."""
