"""The supervisor: real processes, restarted when killed, ended in order, given up when they fail for good."""

import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, signal, sys, time
    from pyk3s.lib.failure import Failure
    from pyk3s.roles.supervisor import Child, Chore, supervise

    def tell(line):
        os.write(1, f"{line}\\n".encode())

    def runner(name):
        def main(ready):
            signal.signal(signal.SIGTERM, lambda *_: (tell(f"stopped {name}"), sys.exit(0)))
            tell(f"up {name} {os.getpid()}")
            ready()
            while True:
                signal.pause()
        return main

    def broken(ready):
        raise Failure("the database is damaged", remedy="restore a snapshot")

    kinds = {"broken": broken}
    def chore(name):
        def work():
            tell(f"chore {name}")
            if name == "failing":
                raise Failure("cannot", remedy="wait")
        return Chore(name, 0.01, work, pause_s=3600)

    chores = [chore(name[1:]) for name in sys.argv[1:] if name[0] == "+"]
    names = [name for name in sys.argv[1:] if name[0] != "+"]
    children = [Child(name, kinds.get(name) or runner(name), tells_ready=name == names[-1]) for name in names]
    sys.exit(supervise(children, chores))
"""


@pytest.fixture
def start():
    started = []

    def begin(*names):
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), *names]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def up(process):
    """The pid in the next `up` line."""
    return int(process.stdout.readline().split()[2])


def test_a_killed_child_comes_back_with_another_pid(start):
    process = start("one")
    first = up(process)
    os.kill(first, signal.SIGKILL)
    assert up(process) != first


def test_sigterm_stops_the_children_last_first(start):
    process = start("one", "two")
    up(process), up(process)
    process.terminate()
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out.split("\n")[:2]) == (0, ["stopped two", "stopped one"])


def test_a_failure_for_good_ends_everything_with_one_clear_line(start):
    process = start("one", "broken")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "the database is damaged: restore a snapshot" in errors
    assert "Traceback" not in errors


def test_children_do_not_outlive_a_killed_supervisor(start):
    process = start("one")
    child = up(process)
    ended = os.pidfd_open(child)
    process.kill()
    assert select.select([ended], [], [], 20)[0]
    os.close(ended)


def test_readiness_is_told_to_the_service_manager(start, tmp_path, monkeypatch):
    import socket

    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        start("one")
        assert manager.recv(100) == b"READY=1"


def test_chores_are_done_again_and_again_beside_the_children(start):
    process = start("one", "+often")
    lines = [process.stdout.readline().split()[0] for _ in range(4)]
    assert lines.count("chore") >= 3


def test_a_failed_chore_is_told_and_waits(start):
    process = start("one", "+failing", "+often")
    seen = [process.stdout.readline().strip() for _ in range(8)]
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert seen.count("chore failing") == 1
    assert "cannot: wait" in errors
