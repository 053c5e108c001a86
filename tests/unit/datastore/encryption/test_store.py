"""A datastore around another one: plain on this side, encrypted on that."""

import asyncio

import pytest

from pyk3s.datastore import contract
from pyk3s.datastore.drivers.memory import MemoryDatastore
from pyk3s.datastore.encryption import ciphers
from pyk3s.datastore.encryption.configuration import Configuration, Key
from pyk3s.datastore.encryption.store import EncryptedDatastore

KEY, NEXT = Key("aesgcm", "one", b"1" * 32), Key("aesgcm", "two", b"2" * 32)
SECRET, OTHER = "/s/a", "/c/a"


def cipher(*keys):
    return ciphers.Cipher(Configuration(keys, True))


def around(inner, *keys):
    return EncryptedDatastore(inner, "/s/", cipher(*(keys or (KEY,))))


def plain(revision):
    return b"plain %d" % revision


async def raw(inner):
    return {record.key: record.value for record in (await inner.load()).records}


def test_only_values_under_the_prefix_are_encrypted_and_all_are_read_plain():
    async def scenario():
        inner = MemoryDatastore()
        store = around(inner)
        for key in (SECRET, OTHER):
            assert (await store.put(key, plain, expected=0)).value.startswith(b"plain")
        values = await raw(inner)
        assert values[SECRET].startswith(b"k8s:enc:aesgcm:v1:one:")
        assert values[OTHER] == b"plain 2"
        assert [record.value for record in (await store.load()).records] == [b"plain 2", b"plain 1"]

    asyncio.run(scenario())


def test_events_history_and_conflicts_are_plain():
    async def scenario():
        store, events = around(MemoryDatastore()), []
        store.subscribe(events.extend)
        first = await store.put(SECRET, plain, expected=0)
        with pytest.raises(contract.Conflict) as conflict:
            await store.put(SECRET, plain, expected=0)
        assert conflict.value.current == first
        gone = await store.delete(SECRET, plain, expected=first.revision)
        assert gone.value == b"plain 2"
        assert [(event.value, event.previous) for event in events] == [(b"plain 1", None), (b"plain 2", b"plain 1")]
        assert list(await store.recent(1000)) == events

    asyncio.run(scenario())


def test_a_failing_encode_leaves_no_trace():
    def fail(revision):
        raise ZeroDivisionError

    async def scenario():
        inner = MemoryDatastore()
        with pytest.raises(ZeroDivisionError):
            await around(inner).put(SECRET, fail, expected=0)
        assert await raw(inner) == {}

    asyncio.run(scenario())


def test_stale_is_what_is_plain_or_of_another_key():
    async def scenario():
        inner = MemoryDatastore()
        await inner.put("/s/plain", plain, expected=0)
        await inner.put(OTHER, plain, expected=0)
        store = around(inner)
        await store.put(SECRET, plain, expected=0)
        assert await store.stale() == ["/s/plain"]
        store.cipher = cipher(NEXT, KEY)
        assert await store.stale() == [SECRET, "/s/plain"]

    asyncio.run(scenario())


def test_a_missing_key_is_told_when_loading_and_what_is_recent_begins_after_it():
    async def scenario():
        inner = MemoryDatastore()
        first = await around(inner).put(SECRET, plain, expected=0)
        with pytest.raises(contract.Damaged, match=r"key that is not there.*encryption-config.json"):
            await around(inner, NEXT).load()
        both = around(inner, NEXT, KEY)
        second = await both.put(SECRET, plain, expected=first.revision)
        third = await both.put(SECRET, plain, expected=second.revision)
        assert [event.revision for event in await around(inner, NEXT).recent(1000)] == [third.revision]

    asyncio.run(scenario())
