"""Claims about what waits on a stream."""

import asyncio

from pyk3s.wire.arrivals import Arrivals


def test_all_that_has_arrived_is_taken_at_once_and_then_the_end():
    async def work():
        made = Arrivals()
        made.feed(b"a")
        made.feed(b"b", ended=True)
        waiting = made.waiting_bytes
        return waiting, await made.take(), made.waiting_bytes, await made.take()

    assert asyncio.run(work()) == (2, b"ab", 0, b"")


def test_who_takes_waits_for_bytes_not_for_room():
    async def work():
        made = Arrivals()
        taken = asyncio.ensure_future(made.take())
        await asyncio.sleep(0)
        made.feed()
        await asyncio.sleep(0)
        early = taken.done()
        made.feed(b"a")
        return early, await taken

    assert asyncio.run(work()) == (False, b"a")
