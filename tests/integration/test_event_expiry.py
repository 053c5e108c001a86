"""Events end a time after they were last written, on a clock of the test's own."""

import asyncio
import contextlib

import pytest
from api_in_process import PLACE, TOKENS
from ports import free_port

from pyk3s.apiserver import expiring
from pyk3s.apiserver.registry import creation
from pyk3s.apiserver.registry.context import Write
from pyk3s.apiserver.server import ApiServer
from pyk3s.apiserver.settings import ApiSettings
from pyk3s.datastore.open import open_datastore

USER = TOKENS["admin-token"]


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now, self._sleeping = 1_800_000_000.0, []
        self.slept = 0

    def time(self):
        return self.now

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.slept += 1
        woken = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.now + seconds, woken))
        await woken

    async def passes(self, seconds):
        self.now += seconds
        for due, woken in self._sleeping:
            if due <= self.now and not woken.done():
                woken.set_result(None)
        for _ in range(50):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serving(url="memory://", clock=None, **settings):
    datastore = await open_datastore(url)
    clock = clock or Clock()
    server = ApiServer(ApiSettings(port=free_port(), tokens=TOKENS, **settings, **PLACE), datastore, clock)
    try:
        await server.start()
        for _ in range(20):
            await asyncio.sleep(0)
        yield server, clock
    finally:
        await server.stop()
        await datastore.close()


async def event(server, name):
    store = server.registry.find("", "events")
    obj = {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
        "involvedObject": {"namespace": "default", "kind": "Pod", "name": "p"},
    }  # fmt: skip
    write = Write(user=USER, now=server.registry.now())
    await creation.create(server.registry, store, obj, namespace="default", write=write)


def names(server):
    return [each["metadata"]["name"] for each in server.registry.read_all("", "events")]


def test_events_end_and_those_written_later_stay():
    async def test():
        async with serving() as (server, clock):
            await event(server, "a")
            await clock.passes(1800)
            await event(server, "b")
            await clock.passes(expiring.TTL_S - 1800 + expiring.GATHER_S)
            assert names(server) == ["b"]
            await clock.passes(expiring.TTL_S)
            assert names(server) == []

    asyncio.run(test())


def test_without_events_nothing_wakes_up():
    async def test():
        async with serving() as (server, clock):
            before = clock.slept
            await clock.passes(100_000)
            await event(server, "a")
            await clock.passes(2 * expiring.TTL_S)
            assert names(server) == []
            after = clock.slept
            await clock.passes(100_000)
            assert clock.slept == after
            assert after - before <= 2

    asyncio.run(test())


def test_a_restart_takes_the_age_of_events_into_account(tmp_path):
    async def test():
        url, clock = f"sqlite://{tmp_path}/state.db", Clock()
        async with serving(url, clock) as (server, _):
            await event(server, "a")
        clock.now += expiring.TTL_S - 10
        async with serving(url, clock) as (server, _):
            assert names(server) == ["a"]
            await clock.passes(10 + expiring.GATHER_S)
            for _ in range(500):  # the disk takes its own time
                if not names(server):
                    break
                await asyncio.sleep(0.01)
            assert names(server) == []

    asyncio.run(test())


def test_events_may_be_kept_for_ever():
    async def test():
        async with serving(event_ttl_s=0) as (server, clock):
            await event(server, "a")
            await clock.passes(1e6)
            assert names(server) == ["a"]

    asyncio.run(test())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b'{"metadata":{"creationTimestamp":"2027-01-15T08:00:00Z"}}', 1_800_000_000),
        (
            b'{"metadata":{"creationTimestamp":"2027-01-15T08:00:00Z"},"lastTimestamp":"2027-01-15T08:00:10Z"}',
            1_800_000_010,
        ),
        (b'{"metadata":{},"eventTime":"2027-01-15T08:00:00.500000Z","lastTimestamp":null}', 1_800_000_000.5),
        (b'{"metadata":{},"series":{"lastObservedTime":"2027-01-15T08:00:00.000000Z"}}', 1_800_000_000),
        (b'{"metadata":{},"lastTimestamp":"soon"}', 0),
        (b'{"metadata":{},"lastTimestamp":5}', 0),
    ],
)
def test_the_newest_time_in_an_event_counts(value, seconds):
    assert expiring.stated_time(value) == seconds
