"""The flags of snapshots, named as K3s names them for etcd, turned into settings: for the server and `k3s snapshot`."""

import pathlib
from urllib.parse import unquote, urlsplit

from pyk3s.config.paths import Paths
from pyk3s.config.values import Values
from pyk3s.datastore.snapshots.settings import SnapshotSettings
from pyk3s.lib import cron
from pyk3s.lib.failure import Failure


def snapshot_settings(values: Values, paths: Paths, node_name: str) -> SnapshotSettings:
    """Raises Failure for a schedule that is none or that is never due."""
    folder = values.text("etcd-snapshot-dir")
    return SnapshotSettings(
        database=_database(values.text("datastore-endpoint")) or paths.database,
        folder=pathlib.Path(folder) if folder else paths.database.parent / "snapshots",
        node=node_name,
        name=values.text("etcd-snapshot-name"),
        schedule=_schedule(values.text("etcd-snapshot-schedule-cron")),
        retention=values.number("etcd-snapshot-retention", least=1),
        compress=values.switch("etcd-snapshot-compress"),
        scheduled=not values.switch("etcd-disable-snapshots"),
    )


def _database(endpoint: str) -> pathlib.Path | None:
    parts = urlsplit(endpoint)
    return pathlib.Path(unquote(parts.netloc + parts.path)) if endpoint else None


def _schedule(text: str) -> cron.Schedule:
    try:
        schedule = cron.parse(text)
    except cron.ScheduleError as error:
        raise Failure(f"invalid value {text!r} for --etcd-snapshot-schedule-cron", remedy=str(error)) from error
    if cron.next_after(schedule, 0.0) is None:
        raise Failure(f"invalid value {text!r} for --etcd-snapshot-schedule-cron", remedy="that day never comes")
    return schedule
