"""What only a datastore in a file can show: restarts, crashes, a full disk, a damaged file."""

import asyncio
import os
import shutil
import signal
import sqlite3

import pytest
from breakable_database import Database, pragma

from pyk3s.datastore import contract
from pyk3s.datastore.drivers.sqlite import database
from pyk3s.datastore.drivers.sqlite import store as sqlite_store
from pyk3s.datastore.drivers.sqlite.store import open_sqlite


@pytest.fixture(autouse=True)
def can_be_made_to_fail(monkeypatch):
    monkeypatch.setattr(sqlite_store, "Database", Database)


def numbered(revision: int) -> bytes:
    return b"r%d" % revision


def run(scenario):
    return asyncio.run(scenario())


async def reopened(path):
    """What a store that is opened now holds."""
    store = await open_sqlite(path)
    snapshot = await store.load()
    await store.close()
    return snapshot


def crash(path, copy):
    """The files as a crash would leave them: copied while the store is open."""
    copy.mkdir()
    for name in ("state.db", "state.db-wal", "state.db.present"):
        shutil.copy(path.with_name(name), copy / name)
    return copy / "state.db"


def test_everything_survives_a_restart_without_a_gap_in_revisions(tmp_path):
    async def scenario():
        first = await open_sqlite(tmp_path / "state.db")
        kept = await first.put("/a", numbered, expected=0)
        lazy = await first.put("/l", numbered, expected=0, lazy=True)
        gone = await first.put("/g", numbered, expected=0, lazy=True)
        last = await first.delete("/g", numbered, expected=gone.revision, lazy=True)
        await first.close()
        second = await open_sqlite(tmp_path / "state.db")
        snapshot = await second.load()
        history = await second.recent(1000)
        await second.close()
        return snapshot, history, kept, lazy, last

    snapshot, history, kept, lazy, last = run(scenario)
    assert snapshot == contract.Snapshot(last.revision, [kept, lazy])
    assert list(history) == [contract.Event(kept.revision, "/a", kept.value, None, False)]


def test_after_a_crash_durable_writes_are_there_and_no_revision_is_used_again(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        kept = [await store.put(f"/{n}", numbered, expected=0) for n in range(3)]
        lazy = await store.put("/lazy", numbered, expected=0, lazy=True)
        copy = crash(tmp_path / "state.db", tmp_path / "copy")
        again = await open_sqlite(copy)
        snapshot = await again.load()
        record = await again.put("/new", numbered, expected=0)
        await again.close()
        await store.close()
        return kept, lazy, snapshot, record

    kept, lazy, snapshot, record = run(scenario)
    assert snapshot.records == kept
    assert record.revision > lazy.revision


def test_lazy_revisions_are_never_above_what_is_reserved_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_store, "BLOCK", 10)

    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        for n in range(35):
            await store.put(f"/{n}", numbered, expected=0, lazy=True)
            assert (await reopened(crash(tmp_path / "state.db", tmp_path / f"copy{n}"))).revision >= n + 1
        await store.close()

    run(scenario)


def test_what_is_remembered_is_bounded_in_rows_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_store, "KEPT_ROWS", 10)

    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        revision = 0
        for _ in range(50):
            revision = (await store.put("/a", numbered, expected=revision)).revision
        remembered = list(await store.recent(1000))
        await store.close()
        again = await open_sqlite(tmp_path / "state.db")
        assert list(await again.recent(1000)) == remembered
        await again.close()
        return remembered, revision

    remembered, last = run(scenario)
    oldest = remembered[0].revision
    assert 10 <= len(remembered) < 20
    assert [event.revision for event in remembered] == list(range(oldest, last + 1))
    assert [event.previous for event in remembered] == [b"r%d" % n for n in range(oldest - 1, last)]


def test_many_records_are_read_in_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PAGE_BYTES", 10)

    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        made = [await store.put(f"/{n}", numbered, expected=0) for n in range(30)]
        await store.close()
        snapshot = await reopened(tmp_path / "state.db")
        return made, snapshot

    made, snapshot = run(scenario)
    assert sorted(made) == list(snapshot.records)


def test_a_store_whose_process_is_killed_is_lost_and_keeps_what_it_acknowledged(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        kept = await store.put("/a", numbered, expected=0)
        os.kill(store._writer.pid, signal.SIGKILL)
        with pytest.raises(contract.Unavailable, match="has ended"):
            await store.run()
        with pytest.raises(contract.Unavailable, match="has ended"):
            await store.put("/b", numbered, expected=0)
        with pytest.raises(contract.Unavailable, match="has ended"):
            await store.close()
        snapshot = await reopened(tmp_path / "state.db")
        return kept, snapshot

    kept, snapshot = run(scenario)
    assert list(snapshot.records) == [kept]


def test_closing_a_store_ends_its_process(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        await store.close()
        await store.run()
        return store._writer.pid

    with pytest.raises(ProcessLookupError):
        os.kill(run(scenario), 0)


def test_a_full_disk_refuses_writes_keeps_readers_and_recovers(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        first = await store.put("/a", numbered, expected=0)
        await pragma(store, "max_page_count = 12")
        tries = [store.put(f"/big{n}", lambda revision: bytes(50_000), expected=0) for n in range(3)]
        refused = await asyncio.gather(*tries, return_exceptions=True)
        held = await store.load()
        await pragma(store, "max_page_count = 100000")
        later = await store.put("/a", numbered, expected=first.revision)
        await store.close()
        found = await reopened(tmp_path / "state.db")
        return refused, held, first, later, found

    refused, held, first, later, found = run(scenario)
    assert {type(error) for error in refused} == {contract.Unavailable}
    assert list(held.records) == [first]
    assert list(found.records) == [later]


def test_a_store_that_cannot_write_says_so_until_it_can_again(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        first = await store.put("/a", numbered, expected=0)
        await store.check()
        await pragma(store, "query_only = ON")
        await store.check()  # nothing has failed yet
        with pytest.raises(contract.Unavailable):
            await store.put("/a", numbered, expected=first.revision)
        told = await asyncio.gather(*(store.check() for _ in range(3)), return_exceptions=True)
        await pragma(store, "query_only = OFF")
        await store.check()
        later = await store.put("/a", numbered, expected=first.revision)
        await store.close()
        return first, told, later

    first, told, later = run(scenario)
    assert [type(error) for error in told] == [contract.Unavailable] * 3
    assert "readonly" in str(told[0])
    assert later.revision > first.revision


def test_an_idle_store_does_not_write(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        await store.put("/a", numbered, expected=0)
        assert store._lazy_timer is None
        await store.close()
        before = (tmp_path / "state.db").read_bytes()
        await reopened(tmp_path / "state.db")
        return before

    assert run(scenario) == (tmp_path / "state.db").read_bytes()


def test_lazy_writes_reach_the_file_in_time(tmp_path):
    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        record = await store.put("/l", numbered, expected=0, lazy=True)
        store._flush_lazy()
        await store.put("/after", numbered, expected=0)
        found = await reopened(crash(tmp_path / "state.db", tmp_path / "copy"))
        await store.close()
        return record, found

    record, found = run(scenario)
    assert record in found.records


def test_space_of_deleted_objects_goes_back_to_the_file_system(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_store, "KEPT_ROWS", 10)
    monkeypatch.setattr(sqlite_store, "SHRINK_AFTER", 100)

    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        made = [store.put(f"/{n}", lambda revision: bytes(20_000), expected=0) for n in range(600)]
        records = await asyncio.gather(*made)
        await store.load()
        pages = await pragma(store, "page_count")
        for record in records:
            await store.delete(record.key, numbered, expected=record.revision)
        revision = 0
        for _ in range(100):  # until the next look, which sees all that has become free
            revision = (await store.put("/last", numbered, expected=revision)).revision
        while store._shrinking:
            await asyncio.sleep(0)
        left = await pragma(store, "page_count")
        await store.close()
        return pages, left

    pages, left = run(scenario)
    assert left < pages / 2


def opening_fails(path, kind) -> str:
    async def scenario():
        with pytest.raises(kind) as refused:
            await open_sqlite(path)
        return str(refused.value)

    return asyncio.run(scenario())


async def _made(path):
    store = await open_sqlite(path)
    for n in range(50):
        await store.put(f"/{n}", lambda revision: bytes(3000), expected=0)
    await store.close()


def test_a_missing_database_is_not_replaced_by_an_empty_one(tmp_path):
    path = tmp_path / "state.db"
    asyncio.run(_made(path))
    path.unlink()
    assert "state.db is missing" in opening_fails(path, contract.Damaged)
    assert not path.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not a database at all, but long enough to be looked at" * 100,
        lambda data: data[:8192] + bytes(len(data) - 8192),
        lambda data: data[: len(data) // 2],
    ],
)
def test_a_damaged_database_is_refused_with_a_remedy(tmp_path, damage):
    path = tmp_path / "state.db"
    asyncio.run(_made(path))
    path.write_bytes(damage(path.read_bytes()))
    told = opening_fails(path, contract.Damaged)
    assert str(path) in told
    assert "Restore a snapshot" in told


def test_a_database_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "state.db"
    asyncio.run(_made(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    assert "newer version" in opening_fails(path, contract.Damaged)


def test_a_database_in_use_is_not_opened_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)

    async def scenario():
        store = await open_sqlite(tmp_path / "state.db")
        try:
            with pytest.raises(contract.Unavailable, match="in use by another process"):
                await open_sqlite(tmp_path / "state.db")
        finally:
            await store.close()

    run(scenario)


def test_a_creation_that_was_cut_short_is_done_again(tmp_path):
    (tmp_path / "state.db").write_bytes(b"")
    asyncio.run(_made(tmp_path / "state.db"))
    assert (tmp_path / "state.db.present").exists()
