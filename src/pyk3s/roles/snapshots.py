"""Takes snapshots: of the running server on demand and on its schedule, and of a database at rest.

The records are those that the datastore has in memory at one moment, so writers are not kept waiting; the file is made
in a thread, and the seal in a short-lived process, which alone loads the cipher. Between snapshots there is one timer.
"""

import asyncio
import pathlib
import sqlite3

from pyk3s import version
from pyk3s.datastore import contract
from pyk3s.datastore.drivers.sqlite import at_rest
from pyk3s.datastore.snapshots import content, folder
from pyk3s.datastore.snapshots.settings import SnapshotSettings
from pyk3s.host import short_lived
from pyk3s.lib import clock, cron, log
from pyk3s.lib.failure import Failure

LONGEST_SLEEP_S = 3600.0  # a clock that is set right, as on boards without one of their own, is noticed within that

_log = log.get_logger("snapshots")


class Snapshots:
    """The snapshots of one running server."""

    def __init__(
        self, datastore: contract.Datastore, settings: SnapshotSettings, server: pathlib.Path, time: clock.Clock
    ):
        self._datastore, self._settings, self._server, self._time = datastore, settings, server, time
        self._one_at_a_time = asyncio.Lock()

    async def save(self, name: str, *, compress: bool) -> folder.Kept:
        """Take a snapshot now; raises Failure, and ValueError for a bad name."""
        where = self._settings.folder
        async with self._one_at_a_time:
            created = self._time.time()
            file_name = folder.file_name(name, self._settings.node, created, compress=compress)
            try:
                bootstrap, taken = await self._consistent()
                facts = content.Facts(self._settings.node, created, version.GIT_VERSION, taken.revision)
                return await asyncio.to_thread(_save, where, file_name, taken, facts, bootstrap)
            except (OSError, sqlite3.Error, contract.DatastoreError) as error:
                raise _failure(where, error) from error

    async def _consistent(self) -> tuple[bytes, contract.Snapshot]:
        """The seal and the records, whose values are encrypted with keys that are in it."""
        keys = self._server / "cred/encryption-config.json"
        while True:
            before = keys.read_bytes() if keys.exists() else b""
            bootstrap = await short_lived.run_in_loop(lambda: seal(self._server))
            taken = await self._datastore.load()
            if before == (keys.read_bytes() if keys.exists() else b""):
                return bootstrap, taken

    async def run(self) -> None:
        """Follow the schedule until cancelled. One that fails is told, and the next one is tried at its time."""
        while (due := cron.next_after(self._settings.schedule, self._time.time())) is not None:
            while (left := due - self._time.time()) > 0:
                await self._time.sleep(min(left, LONGEST_SLEEP_S))
            try:
                kept = await self.save(self._settings.name, compress=self._settings.compress)
            except Failure as failure:
                _log.error("scheduled snapshot failed", error=failure)
                continue
            self._forget_old()
            _log.info("snapshot saved", name=kept.name, size=kept.size)

    def _forget_old(self) -> None:
        forget_old(self._settings, self._settings.name)


def seal(server: pathlib.Path) -> bytes:
    """What the cluster is besides its objects, sealed under the token; for a short-lived process."""
    from pyk3s.pki import sealing, token_files  # heavy: see there

    secret, _ = token_files.secrets(server)
    if not secret:
        raise Failure(f"cannot seal a snapshot without {server / 'token'}", remedy="start the server once")
    return sealing.seal(sealing.collect(server), secret)


def save_at_rest(settings: SnapshotSettings, server: pathlib.Path, name: str, now: float, *, compress: bool) -> str:
    """Take a snapshot of a database that no server uses, in this process; returns its name. Raises Failure."""
    release = at_rest.release(settings.database)
    if release is None:
        raise Failure(f"there is no database {settings.database} to take a snapshot of")
    try:
        file_name = folder.file_name(name, settings.node, now, compress=compress)
        taken = at_rest.snapshot(settings.database)
        facts = content.Facts(settings.node, now, release, taken.revision)
        return _save(settings.folder, file_name, taken, facts, seal(server)).name
    except (OSError, sqlite3.Error, contract.DatastoreError, ValueError) as error:
        raise _failure(settings.folder, error) from error


def forget_old(settings: SnapshotSettings, name: str) -> None:
    """Remove the oldest snapshots of a name beyond those to keep."""
    folder.delete(folder.surplus(folder.listed(settings.folder), name, settings.node, settings.retention))


def _save(
    where: pathlib.Path, name: str, taken: contract.Snapshot, facts: content.Facts, bootstrap: bytes
) -> folder.Kept:
    return folder.save(where, name, lambda path: content.write(path, taken, facts, bootstrap))


def _failure(where: pathlib.Path, error: Exception) -> Failure:
    told = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return Failure(f"cannot save a snapshot in {where}", remedy=told)
