"""Work in a process of its own: results, words for what went wrong, nothing left behind."""

import asyncio
import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest
import uvloop

from pyk3s.host import short_lived
from pyk3s.lib.failure import Failure


def test_the_result_comes_back_however_large():
    assert short_lived.run(lambda: b"x" * 1_000_000) == b"x" * 1_000_000


def test_it_runs_in_another_process_whose_imports_stay_there():
    def work():
        import telnetlib3_does_not_exist  # noqa: F401

    with pytest.raises(Failure, match="status 1"):
        short_lived.run(work)
    assert int(short_lived.run(lambda: str(os.getpid()).encode())) != os.getpid()
    assert "telnetlib3_does_not_exist" not in sys.modules


@pytest.mark.parametrize(
    "error, words",
    [(Failure("bad", remedy="do this"), "bad: do this"), (ValueError("no key"), "no key"),
     (OSError(28, "No space left on device", "/data/x"), "cannot write /data/x: free some space")],
)  # fmt: skip
def test_failures_keep_their_words(error, words):
    def work():
        raise error

    with pytest.raises(Failure, match=words):
        short_lived.run(work)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_event_loop_goes_on_meanwhile(loop, tmp_path):
    path = tmp_path / "go"
    os.mkfifo(path)

    async def scenario():
        waiting = asyncio.ensure_future(short_lived.run_in_loop(path.read_bytes))
        await asyncio.sleep(0)
        path.write_bytes(b"!")
        return await waiting

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(scenario()) == b"!"


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_signal_to_the_child_does_not_reach_the_parents_loop(loop):
    async def scenario():
        heard = []
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.append, 1)
        with pytest.raises(Failure, match="status -15"):
            await short_lived.run_in_loop(lambda: os.kill(os.getpid(), signal.SIGTERM))
        await asyncio.sleep(0.05)
        return heard

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(scenario()) == []


def test_a_cancelled_wait_ends_the_process():
    async def scenario():
        reading, writing = os.pipe()
        waiting = asyncio.ensure_future(short_lived.run_in_loop(lambda: os.read(reading, 1)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        os.close(reading), os.close(writing)

    asyncio.run(scenario())
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_it_holds_nothing_that_its_parent_has_open():
    with socket.create_server(("127.0.0.1", 0)):
        held = short_lived.run(lambda: b" ".join(map(bytes, pathlib.Path("/proc/self/fd").iterdir()))).split()
    assert len(held) == len(("input", "output", "errors", "the pipe", "the listing"))


def test_it_dies_with_its_parent():
    program = "import os, time; from pyk3s.host import short_lived; short_lived.run(lambda: work())"
    work = "def work():\n  print(os.getpid(), flush=True)\n  time.sleep(600)\n"
    with subprocess.Popen([sys.executable, "-c", f"{work}{program}"], stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
        assert parent.stdout.read() == b""  # the child held its end of the pipe too
    assert not pathlib.Path(f"/proc/{child}/exe").exists()
