"""A process around an object: answers in order, errors that come back, nothing left behind."""

import asyncio
import os
import signal
import socket

import pytest
import uvloop

from pyk3s.host import worker


class Refused(Exception):
    """What the object raises on purpose."""


class Lost(Exception):
    """What calls raise when the process has gone."""


class Kept:
    """The object in the process."""

    def __init__(self):
        self.calls = 0

    def pid(self):
        return os.getpid()

    def count(self):
        self.calls += 1
        return self.calls

    def echo(self, value):
        return value

    def refuse(self):
        raise Refused("not so")

    def fail(self):
        raise ZeroDivisionError


def refusing():
    raise Refused("not even made")


def run(scenario, make=Kept, loop=uvloop.new_event_loop):
    async def whole():
        started = await worker.fork(make, "k3s-test", foreseen=Refused, lost=Lost).attach()
        try:
            return await scenario(started)
        finally:
            await started.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(whole())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_calls_are_answered_in_order_by_another_process(loop):
    async def scenario(started):
        counted = await asyncio.gather(*(started.call("count") for _ in range(100)))
        return counted, await started.call("pid")

    counted, pid = run(scenario, loop=loop)
    assert counted == list(range(1, 101))
    assert pid != os.getpid()


def test_large_values_go_and_come_back():
    async def scenario(started):
        return await asyncio.gather(*(started.call("echo", bytes(5_000_000)) for _ in range(3)))

    assert [len(value) for value in run(scenario)] == [5_000_000] * 3


def test_a_foreseen_error_comes_back_and_the_next_call_is_answered():
    async def scenario(started):
        with pytest.raises(Refused, match="not so"):
            await started.call("refuse")
        return await started.call("count")

    assert run(scenario) == 1


def test_any_other_error_ends_the_process_and_all_calls(capfd):
    async def scenario(started):
        results = await asyncio.gather(started.call("fail"), started.call("count"), return_exceptions=True)
        await started.ended
        with pytest.raises(Lost):
            await started.call("count")
        return results

    assert [type(result) for result in run(scenario)] == [Lost, Lost]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_what_cannot_be_made_is_raised_to_who_attaches():
    async def scenario(started):
        raise AssertionError("it was made")

    with pytest.raises(Refused, match="not even made"):
        run(scenario, make=refusing)


def test_a_call_that_nobody_waits_for_does_not_mix_up_the_answers():
    async def scenario(started):
        started.call("count").cancel()
        return await started.call("count")

    assert run(scenario) == 2


def test_signals_that_stop_the_owner_do_not_stop_it_and_closing_does():
    async def scenario(started):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(started.pid, number)
        return await started.call("pid")

    with pytest.raises(ProcessLookupError):
        os.kill(run(scenario), 0)


def test_it_holds_nothing_open_that_its_owner_has():
    async def scenario(started):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            later = await worker.fork(Kept, "k3s-test", foreseen=Refused, lost=Lost).attach()
        try:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))
        finally:
            await later.close()

    run(scenario)
