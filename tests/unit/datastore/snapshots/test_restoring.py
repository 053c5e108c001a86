"""A database made of a snapshot takes the place of the one that was there, which stays."""

import asyncio

from pyk3s.datastore import contract
from pyk3s.datastore.drivers.sqlite import at_rest
from pyk3s.datastore.drivers.sqlite.store import open_sqlite
from pyk3s.datastore.snapshots import restoring

RECORDS = [contract.Record("/a", 3, b"a"), contract.Record("/b", 5, b"b")]


def swapped(path, now=1.0):
    return restoring.swap(restoring.prepare(path, RECORDS, 5), path, now)


def test_records_are_there_and_revisions_go_on_far_above(tmp_path):
    path = tmp_path / "db/state.db"

    async def opened():
        store = await open_sqlite(path)
        try:
            loaded = await store.load()
            assert list(await store.recent(1000)) == []
            return loaded, await store.put("/c", lambda revision: b"%d" % revision, expected=0)
        finally:
            await store.close()

    assert swapped(path) is None
    loaded, written = asyncio.run(opened())
    assert (list(loaded.records), loaded.revision) == (RECORDS, 5 + restoring.REVISIONS_AHEAD)
    assert written.revision == loaded.revision + 1


def test_what_was_there_is_kept_with_its_write_ahead_log(tmp_path):
    path = tmp_path / "state.db"
    swapped(path)
    path.with_name("state.db-wal").write_bytes(b"not yet in the database")
    old = swapped(path, now=77.0)
    assert old == tmp_path / "state.db.old-77"
    assert (tmp_path / "state.db.old-77-wal").read_bytes() == b"not yet in the database"
    assert not path.with_name("state.db-wal").exists()


def test_one_that_was_cut_short_is_done_again(tmp_path):
    path = tmp_path / "state.db"
    new = restoring.prepare(path, RECORDS, 5)
    new.write_bytes(new.read_bytes()[:100])
    swapped(path)
    assert [record.key for record in at_rest.snapshot(path).records] == ["/a", "/b"]
