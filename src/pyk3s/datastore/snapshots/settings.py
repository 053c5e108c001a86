"""What is to be known to take snapshots."""

import pathlib
from dataclasses import dataclass

from pyk3s.lib import cron


@dataclass(frozen=True)
class SnapshotSettings:
    """Of which database, where they lie, and how those on a schedule are called, spaced, packed and kept. `node` is
    in every name.
    """

    database: pathlib.Path
    folder: pathlib.Path
    node: str
    name: str
    schedule: cron.Schedule
    retention: int
    compress: bool
    scheduled: bool
