"""One suite over every datastore driver: what the API server may rely on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pyk3s.datastore import contract
from pyk3s.datastore.encryption.ciphers import Cipher
from pyk3s.datastore.encryption.configuration import Configuration, Key
from pyk3s.datastore.encryption.store import EncryptedDatastore
from pyk3s.datastore.open import open_datastore

Opened = tuple[contract.Datastore, list[contract.Event]]


@pytest.fixture(params=["memory", "sqlite", "encrypted sqlite"])
def url(request, tmp_path) -> str:
    if request.param == "memory":
        return "memory://"
    return f"{'encrypted ' if 'encrypted' in request.param else ''}sqlite://{tmp_path}/state.db"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Opened]:
    store: contract.Datastore = await open_datastore(url.removeprefix("encrypted "))
    if url.startswith("encrypted "):
        store = EncryptedDatastore(store, "/", Cipher(Configuration((Key("aescbc", "key", b"k" * 32),), True)))
    events: list[contract.Event] = []
    store.subscribe(events.extend)
    try:
        yield store, events
    finally:
        await store.close()


def numbered(revision: int) -> bytes:
    return b"r%d" % revision


def deleted(revision: int) -> bytes:
    return b"d%d" % revision


def test_a_write_gets_the_next_revision_and_knows_it_while_encoding(url):
    async def scenario():
        async with opened(url) as (store, _):
            start = (await store.load()).revision
            first = await store.put("/a", numbered, expected=0)
            second = await store.put("/b", numbered, expected=0)
            return start, first, second

    start, first, second = asyncio.run(scenario())
    assert first == contract.Record("/a", start + 1, b"r%d" % (start + 1))
    assert second.revision == start + 2


def test_a_store_that_can_write_passes_its_check(url):
    async def scenario():
        async with opened(url) as (store, _):
            await store.check()
            await store.put("/a", numbered, expected=0)
            await store.check()

    asyncio.run(scenario())


def test_load_gives_live_records_in_order_of_key(url):
    async def scenario():
        async with opened(url) as (store, _):
            records = {key: await store.put(key, numbered, expected=0) for key in ("/b", "/c", "/a")}
            gone = await store.delete("/c", deleted, expected=records["/c"].revision)
            return await store.load(), gone

    snapshot, gone = asyncio.run(scenario())
    assert [record.key for record in snapshot.records] == ["/a", "/b"]
    assert snapshot.revision == gone.revision
    assert gone.value == b"d%d" % gone.revision


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("stale", [0, 99999])
def test_a_write_at_another_revision_is_a_conflict_and_changes_nothing(url, lazy, stale):
    async def scenario():
        async with opened(url) as (store, events):
            record = await store.put("/a", numbered, expected=0, lazy=lazy)
            for write in (store.put, store.delete):
                with pytest.raises(contract.Conflict) as refused:
                    await write("/a", numbered, expected=stale, lazy=lazy)
                assert refused.value.current == record
            with pytest.raises(contract.Conflict) as refused:
                await store.delete("/none", numbered, expected=stale, lazy=lazy)
            assert refused.value.current is None
            return events, (await store.load()).records, record

    events, records, record = asyncio.run(scenario())
    assert len(events) == 1
    assert list(records) == [record]


def test_one_of_many_racing_writers_wins(url):
    async def scenario():
        async with opened(url) as (store, _):
            made = await store.put("/a", numbered, expected=0)
            tries = [store.put("/a", numbered, expected=made.revision) for _ in range(20)]
            return await asyncio.gather(*tries, return_exceptions=True)

    results = asyncio.run(scenario())
    won = [result for result in results if isinstance(result, contract.Record)]
    lost = [result for result in results if isinstance(result, contract.Conflict)]
    assert (len(won), len(lost)) == (1, 19)
    assert {conflict.current for conflict in lost} == set(won)


def test_a_writer_sees_its_event_before_its_call_returns(url):
    async def scenario():
        async with opened(url) as (store, events):
            seen = []
            for lazy in (False, True):
                record = await store.put(f"/{lazy}", numbered, expected=0, lazy=lazy)
                seen.append(events[-1].revision == record.revision)
            return seen

    assert asyncio.run(scenario()) == [True, True]


def test_events_come_in_order_of_revision_however_durable_and_lazy_writes_mix(url):
    async def scenario():
        async with opened(url) as (store, events):
            writes = [store.put(f"/{n}", numbered, expected=0, lazy=n % 3 == 0) for n in range(200)]
            await asyncio.gather(*writes)
            return [event.revision for event in events]

    revisions = asyncio.run(scenario())
    assert revisions == sorted(revisions)
    assert len(revisions) == 200


def test_events_tell_what_was_before(url):
    async def scenario():
        async with opened(url) as (store, events):
            one = await store.put("/a", numbered, expected=0)
            two = await store.put("/a", numbered, expected=one.revision)
            gone = await store.delete("/a", deleted, expected=two.revision)
            assert list(await store.recent(1000)) == events
            return events, one, two, gone

    events, one, two, gone = asyncio.run(scenario())
    assert events == [
        contract.Event(one.revision, "/a", one.value, None, False),
        contract.Event(two.revision, "/a", two.value, one.value, False),
        contract.Event(gone.revision, "/a", gone.value, two.value, True),
    ]


def test_a_failing_encoder_leaves_no_trace(url):
    def broken(revision: int) -> bytes:
        raise ZeroDivisionError

    async def scenario():
        async with opened(url) as (store, events):
            before = (await store.load()).revision
            with pytest.raises(ZeroDivisionError):
                await store.put("/a", broken, expected=0)
            record = await store.put("/a", numbered, expected=0)
            return before, record, events

    before, record, events = asyncio.run(scenario())
    assert record.revision == before + 1
    assert len(events) == 1


def test_a_write_whose_caller_is_cancelled_is_whole_or_absent(url):
    async def scenario():
        async with opened(url) as (store, events):
            writes = [asyncio.ensure_future(store.put(f"/{n}", numbered, expected=0)) for n in range(10)]
            await asyncio.sleep(0)
            for write in writes[::2]:
                write.cancel()
            await asyncio.gather(*writes, return_exceptions=True)
            return {record.key for record in (await store.load()).records}, {event.key for event in events}

    live, told = asyncio.run(scenario())
    assert live == told
    assert {f"/{n}" for n in range(1, 10, 2)} <= live


def test_what_is_recent_is_bounded_by_the_bytes_that_are_no_longer_live(url):
    async def scenario():
        async with opened(url) as (store, events):
            revision = 0
            for _ in range(20):
                revision = (await store.put("/a", lambda revision: bytes(1000), expected=revision)).revision
            await store.put("/new", lambda revision: bytes(100_000), expected=0)
            return list(await store.recent(5500)), events

    recent, events = asyncio.run(scenario())
    assert recent == events[-len(recent) :]
    assert len(recent) in (5, 6)  # five of 1,000 bytes, or of a little more where they are encrypted, and one of none


def test_a_store_that_is_in_order_runs_until_somebody_ends_it(url):
    async def scenario():
        async with opened(url) as (store, _):
            running = asyncio.ensure_future(store.run())
            await store.put("/a", numbered, expected=0)
            ended = running.done()
            running.cancel()
            return ended

    assert not asyncio.run(scenario())


def test_a_deleted_key_can_be_made_again_at_once(url):
    async def scenario():
        async with opened(url) as (store, _):
            for lazy in (False, True):
                record = await store.put(f"/{lazy}", numbered, expected=0, lazy=lazy)
                again = (
                    store.delete(record.key, deleted, expected=record.revision, lazy=lazy),
                    store.put(record.key, numbered, expected=0, lazy=lazy),
                )
                await asyncio.gather(*again)
            return [record.key for record in (await store.load()).records]

    assert asyncio.run(scenario()) == ["/False", "/True"]


def test_scrubbing_forgets_history_and_keeps_what_is_live(url):
    async def scenario():
        async with opened(url) as (store, _):
            first = await store.put("/a", numbered, expected=0)
            await store.put("/a", numbered, expected=first.revision)
            await store.scrub()
            assert list(await store.recent(1000)) == []
            await store.put("/b", numbered, expected=0)
            remembered = await store.recent(1000)
            return [record.key for record in (await store.load()).records], [event.key for event in remembered]

    assert asyncio.run(scenario()) == (["/a", "/b"], ["/b"])


def test_nothing_that_is_gone_stays_in_the_files_after_scrubbing(tmp_path):
    def gone(revision: int) -> bytes:
        return b"WHAT-IS-GONE" * 1000

    async def scenario():
        async with opened(f"sqlite://{tmp_path}/state.db") as (store, _):
            first = await store.put("/a", gone, expected=0)
            await store.put("/a", numbered, expected=first.revision)
            held = await store.put("/b", gone, expected=0)
            await store.delete("/b", gone, expected=held.revision)
            assert any(b"WHAT-IS-GONE" in path.read_bytes() for path in tmp_path.iterdir())
            await store.scrub()
            assert not any(b"WHAT-IS-GONE" in path.read_bytes() for path in tmp_path.iterdir())

    asyncio.run(scenario())


def test_load_does_not_wait_for_the_stream_of_writes_to_end(url):
    async def scenario():
        async with opened(url) as (store, _):
            stopped = False

            async def keep_writing(writer):
                revision = 0
                while not stopped:
                    revision = (await store.put(f"/{writer}", numbered, expected=revision)).revision
                    await asyncio.sleep(0)  # the memory driver never waits

            async with asyncio.TaskGroup() as group:
                for writer in range(4):
                    group.create_task(keep_writing(writer))
                await asyncio.sleep(0)
                snapshot = await asyncio.wait_for(store.load(), 20)
                stopped = True
            return snapshot

    snapshot = asyncio.run(scenario())
    assert max((record.revision for record in snapshot.records), default=0) <= snapshot.revision
