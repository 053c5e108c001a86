"""The SQLite datastore: a ledger in the event loop, and a writer process that holds the file and commits in groups.

A write is checked and given its revision in the loop, at once; then it waits for the next batch. While one batch is
being committed the next one gathers, so the more writers there are, the more of them share one fsync; a lone writer
waits for nobody. If a batch cannot be written, it and what had gathered behind it is taken back and fails as
Unavailable; the next write tries again. If the writer process ends, nobody knows what became of its last batch: the
store can no longer be used, and `run` says so.

Lazy writes are published at once, or behind the durable writes that are under way, to keep the order. They reach the
file every `LAZY_S` seconds, without fsync, and at close. They are not in the history: a key is always lazy or never.

Revisions are reserved on disk in blocks; after a crash the next one is above the block, after `close` none is skipped.
The log keeps the newest writes within `KEPT_ROWS` and `KEPT_BYTES`; each batch drops up to twice as many old rows as it
adds, in its own transaction, so compaction never runs on its own and an idle store writes nothing.
"""

import asyncio
import functools
import pathlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pyk3s.datastore.contract import Conflict, DatastoreError, Encode, Event, Record, Snapshot, Unavailable
from pyk3s.datastore.drivers.sqlite.database import MOST_ROWS, Database, Kind, Live, Logged, Row, cells
from pyk3s.datastore.ledger import Change, Ledger
from pyk3s.host import worker

KEPT_ROWS = 10_000
KEPT_BYTES = 16 * 1024 * 1024
BLOCK = 10_000  # revisions reserved ahead
LAZY_S = 300.0
SHRINK_AFTER = 2_000  # rows written between looks at the free pages
MOST_BYTES = 4 * 1024 * 1024  # of one batch
NAME = "k3s-datastore"  # of the process that writes
SPARE_ROWS = 2  # of a batch, for FORGET and RESERVE


class _Pending(NamedTuple):
    change: Change
    row: Row | None  # None for a lazy write
    done: asyncio.Future[None]


class SqliteDatastore:
    """A datastore in one file. Made by `open_sqlite`."""

    def __init__(self, writer: worker.Worker, found: "Found"):
        self._writer = writer  # the process around a `Database`
        self._loop = asyncio.get_running_loop()
        live = sorted(found.live, key=lambda row: row.revision)  # of two rows of one key the newer counts
        self._ledger = Ledger(found.reserved, (Record(row.key, row.revision, row.value) for row in live))
        self._ids = {row.key: row.id for row in live}
        self._next_id = max((row.id for row in live), default=0) + 1
        self._log = deque(found.logged)
        self._log_bytes = sum(size for _, size in self._log)
        self._reserved = found.reserved
        self._receivers: list[Callable[[Sequence[Event]], None]] = []
        self._gathering: list[_Pending] = []
        self._committing: list[_Pending] = []
        self._scheduled = False
        self._dirty: dict[int, Row] = {}  # lazy writes that are not in the file yet, by id
        self._lazy_timer: asyncio.TimerHandle | None = None
        self._rows_since_shrink = 0
        self._shrinking = False
        self._closed = False
        self._failure = ""  # why the last write failed; empty if it did not
        self._trial: asyncio.Future[None] | None = None
        stale = (row for row in live if self._ids[row.key] != row.id)  # a lazy deletion that a crash has lost
        self._dirty.update((row.id, Row(Kind.LAZY_DELETE, row.id)) for row in stale)

    # -- the contract -------------------------------------------------------------------------------------------

    def subscribe(self, receive: Callable[[Sequence[Event]], None]) -> None:
        self._receivers.append(receive)

    async def load(self) -> Snapshot:
        snapshot = self._ledger.snapshot()
        await self._settled(must_succeed=True)  # it holds what is under way, which must not fail after all
        return snapshot

    async def recent(self, most_bytes: int) -> Sequence[Event]:
        await self._settled()
        values = {key: record.value for key, record in self._ledger.live.items()}
        logged: list[Logged] = await self._writer.call("log_after", self._before_newest(most_bytes))
        events = []
        for row in logged:  # newest first, so that `values` always holds the state after the row
            value = row.final if row.final is not None else values.get(row.key)
            if value is not None:  # it is, unless the key was deleted lazily after all
                events.append(Event(row.revision, row.key, value, row.previous, row.final is not None))
            if row.previous is not None:
                values[row.key] = row.previous
        events.reverse()
        return events

    async def put(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return await self._write(self._ledger.put, key, encode, expected, lazy)

    async def delete(self, key: str, encode: Encode, *, expected: int, lazy: bool = False) -> Record:
        return await self._write(self._ledger.delete, key, encode, expected, lazy)

    async def check(self) -> None:
        if self._failure and self._trial is None and not self._busy and not self._closed:
            # What is reserved may only be written again while no batch is under way that reserves more.
            again = [Row(Kind.RESERVE, revision=self._reserved)]
            self._trial = self._writer.call("write", cells(again))
            self._trial.add_done_callback(self._tried)
        if self._trial is not None:
            await asyncio.wait([self._trial])
        if self._failure:
            raise Unavailable(self._failure)

    def _tried(self, ended: "asyncio.Future[None]") -> None:
        self._trial = None
        self._note(ended.exception())

    def _note(self, error: BaseException | None) -> None:
        self._failure = "" if error is None else str(error)

    async def scrub(self) -> None:
        """Writers wait while the file is made anew."""
        await self._settled()
        revision = self._log[-1][0] if self._log else 0
        await self._writer.call("scrub", revision)
        while self._log and self._log[0][0] <= revision:
            self._log_bytes -= self._log.popleft()[1]

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._settled()
        if self._lazy_timer is not None:
            self._lazy_timer.cancel()
        try:
            if self._dirty or self._reserved != self._ledger.revision:
                await self._write_rest([*self._dirty.values(), Row(Kind.RESERVE, revision=self._ledger.revision)])
        finally:
            try:
                await self._writer.call("close")
            finally:
                await self._writer.close()

    async def run(self) -> None:
        await asyncio.shield(self._writer.ended)
        if not self._closed:
            raise self._writer.loss()

    async def _write_rest(self, rows: list[Row]) -> None:
        for start in range(0, len(rows), MOST_ROWS):
            await self._writer.call("write", cells(rows[start : start + MOST_ROWS]))

    # -- entering writes ----------------------------------------------------------------------------------------

    async def _write(
        self, enter: Callable[[str, Encode, int], Change], key: str, encode: Encode, expected: int, lazy: bool
    ) -> Record:
        if self._closed:
            raise DatastoreError("the datastore has been closed")
        while True:
            try:
                change = enter(key, encode, expected)
                break
            except Conflict:
                if not self._is_under_way(key):
                    raise
                await self._settled()  # the conflict may be with that write, which is not visible yet or may fail
        if lazy and not self._busy and change.event.revision < self._reserved:
            self._mark_dirty(change)
            self._publish([change.event])
            return change.after
        done = self._loop.create_future()
        self._gathering.append(_Pending(change, None if lazy else self._row(change), done))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._commit)
        await done
        return change.after

    def _row(self, change: Change, *, lazy: bool = False) -> Row:
        event = change.event
        if event.deleted:
            kind, number = (Kind.LAZY_DELETE if lazy else Kind.DELETE), self._ids.pop(event.key)
        else:
            kind, number = (Kind.LAZY_PUT if lazy else Kind.PUT), self._id(event.key)
        return Row(kind, number, event.key, event.revision, event.value, None if lazy else event.previous)

    def _id(self, key: str) -> int:
        number = self._ids.get(key)
        if number is None:
            number = self._ids[key] = self._next_id
            self._next_id += 1
        return number

    @property
    def _busy(self) -> bool:
        return bool(self._gathering or self._committing)

    def _is_under_way(self, key: str) -> bool:
        return any(each.change.event.key == key for each in (*self._committing, *self._gathering))

    async def _settled(self, *, must_succeed: bool = False) -> None:
        """Wait until every write that is under way now has ended; those that come meanwhile are not waited for."""
        if not self._busy:
            return
        last = (self._gathering or self._committing)[-1].done
        await asyncio.wait([last])
        if must_succeed:
            last.result()

    # -- committing ---------------------------------------------------------------------------------------------

    def _commit(self) -> None:
        """Hand the gathered writes to the writer thread, if it is free."""
        self._scheduled = False
        if self._committing or not self._gathering:
            return
        self._committing = self._take()
        rows = [pending.row for pending in self._committing if pending.row is not None]
        displaced = [lazy for row in rows if (lazy := self._dirty.pop(row.id, None))]
        reserve = self._reserved
        if self._ledger.revision + BLOCK // 2 >= self._reserved:
            reserve = self._ledger.revision + BLOCK
            rows.append(Row(Kind.RESERVE, revision=reserve))
        dropped = self._outgrown(2 * len(rows)) if rows else 0
        if dropped:
            rows.append(Row(Kind.FORGET, revision=dropped))
        if not rows:
            self._committed(reserve, displaced)
            return
        self._rows_since_shrink += len(rows)
        future = self._writer.call("write", cells(rows))
        future.add_done_callback(lambda ended: self._committed(reserve, displaced, ended.exception()))

    def _take(self) -> list[_Pending]:
        """The writes of the next batch, bounded in rows and bytes."""
        size = 0
        for count, pending in enumerate(self._gathering, 1):
            size += len(pending.change.event.value)
            if count == MOST_ROWS - SPARE_ROWS or size > MOST_BYTES:
                taken, self._gathering = self._gathering[:count], self._gathering[count:]
                return taken
        taken, self._gathering = self._gathering, []
        return taken

    def _committed(self, reserved: int, displaced: list[Row], error: BaseException | None = None) -> None:
        """A batch is on disk, or has failed; `displaced` are the lazy writes that it makes needless."""
        batch, self._committing = self._committing, []
        self._note(error)
        if error is not None:
            self._fail(batch, error)
            self._keep_dirty(displaced)
        else:
            self._reserved = reserved
            for pending in batch:
                if pending.row is None:
                    self._mark_dirty(pending.change)
                else:
                    self._remember(pending.row)
            self._publish([pending.change.event for pending in batch])
            for pending in batch:
                if not pending.done.done():
                    pending.done.set_result(None)
        if self._gathering:
            self._commit()
        elif self._rows_since_shrink >= SHRINK_AFTER and not self._shrinking:
            self._shrink()

    def _fail(self, batch: list[_Pending], error: BaseException) -> None:
        failed, self._gathering = batch + self._gathering, []
        self._ledger.undo([pending.change for pending in failed])
        for pending in reversed(failed):
            if pending.change.before is None:
                self._ids.pop(pending.change.event.key, None)
            elif pending.row is not None:
                self._ids[pending.change.event.key] = pending.row.id
        for pending in failed:
            if not pending.done.done():
                pending.done.set_exception(error)

    def _publish(self, events: list[Event]) -> None:
        for receive in self._receivers:
            receive(events)

    # -- the log ------------------------------------------------------------------------------------------------

    def _remember(self, row: Row) -> None:
        size = len(row.previous or b"") + (len(row.value or b"") if row.kind == Kind.DELETE else 0)
        self._log.append((row.revision, size))
        self._log_bytes += size

    def _outgrown(self, most: int) -> int:
        """Drop up to `most` rows of the log that are too many; the revision up to which to forget, 0 for none."""
        revision = 0
        while most and self._log and (len(self._log) > KEPT_ROWS or self._log_bytes > KEPT_BYTES):
            revision, size = self._log.popleft()
            self._log_bytes -= size
            most -= 1
        return revision

    def _before_newest(self, most_bytes: int) -> int:
        """The revision after which the log holds up to so many bytes."""
        for revision, size in reversed(self._log):
            most_bytes -= size
            if most_bytes < 0:
                return revision
        return 0

    def _shrink(self) -> None:
        self._rows_since_shrink, self._shrinking = 0, True
        self._writer.call("shrink").add_done_callback(self._shrunk)

    def _shrunk(self, ended: "asyncio.Future[bool]") -> None:
        self._shrinking = False
        if ended.exception() is None and ended.result() and not self._closed:
            self._shrink()

    # -- lazy writes --------------------------------------------------------------------------------------------

    def _mark_dirty(self, change: Change) -> None:
        row = self._row(change, lazy=True)
        self._dirty[row.id] = row
        self._arm()

    def _keep_dirty(self, rows: list[Row]) -> None:
        """Keep lazy writes that did not reach the file for the next time, unless there is something newer."""
        for row in rows:
            self._dirty.setdefault(row.id, row)
        if rows:
            self._arm()

    def _arm(self) -> None:
        if self._lazy_timer is None:
            self._lazy_timer = self._loop.call_later(LAZY_S, self._flush_lazy)

    def _flush_lazy(self) -> None:
        """Bring lazy writes to the file, without waiting for the disk."""
        self._lazy_timer = None
        dirty, self._dirty = list(self._dirty.values()), {}
        for start in range(0, len(dirty), MOST_ROWS):
            self._write_lazy(dirty[start : start + MOST_ROWS])

    def _write_lazy(self, rows: list[Row]) -> None:
        def ended(future: "asyncio.Future[None]") -> None:
            self._note(future.exception())
            if future.exception() is not None and not self._closed:
                self._keep_dirty(rows)

        self._writer.call("write", cells(rows), False).add_done_callback(ended)


class Found(NamedTuple):
    """What a database holds as it is opened."""

    live: list[Live]
    logged: list[tuple[int, int]]
    reserved: int


async def open_sqlite(path: pathlib.Path) -> SqliteDatastore:
    """Open or create the database file at `path`, check it and read it. Raises Damaged, Unavailable."""
    return await _begin(path)()


def begin_url(url: str) -> Callable[[], Awaitable[SqliteDatastore]]:
    """`sqlite:///absolute/path`."""
    parts = urlsplit(url)
    return _begin(pathlib.Path(unquote(parts.netloc + parts.path)))


def _begin(path: pathlib.Path) -> Callable[[], Awaitable[SqliteDatastore]]:
    make = functools.partial(Database, path)
    return functools.partial(_open, worker.fork(make, NAME, foreseen=DatastoreError, lost=Unavailable))


async def _open(process: worker.Forked) -> SqliteDatastore:
    writer = await process.attach()
    try:
        live: list[Live] = []
        while page := await writer.call("live", live[-1].id if live else 0):
            live += page
        found = Found(live, await writer.call("logged"), await writer.call("reserved"))
    except BaseException:
        await writer.close()
        raise
    return SqliteDatastore(writer, found)
