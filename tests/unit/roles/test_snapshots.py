"""Snapshots on a schedule, by a clock that the test turns."""

import asyncio
import datetime

from pyk3s.datastore.drivers.memory import MemoryDatastore
from pyk3s.datastore.snapshots import folder
from pyk3s.datastore.snapshots.settings import SnapshotSettings
from pyk3s.lib import cron
from pyk3s.roles import snapshots

START = datetime.datetime(2026, 1, 31, 11, 0).timestamp()  # of the machine's zone, as schedules are


class Ended(Exception):
    """The test has seen enough."""


class Clock:
    """Each sleep passes at once; after `most` of them the test ends."""

    def __init__(self, most):
        self.now, self.slept, self.most = START, [], most

    def time(self):
        return self.now

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        if len(self.slept) == self.most:
            raise Ended
        self.slept.append(seconds)
        self.now += seconds


def settings(tmp_path, **changed):
    facts = {
        "database": tmp_path / "state.db",
        "folder": tmp_path / "snapshots",
        "node": "n1",
        "name": "etcd-snapshot",
        "schedule": cron.parse("0 */12 * * *"),
        "retention": 2,
        "compress": False,
        "scheduled": True,
    }
    return SnapshotSettings(**{**facts, **changed})


def run(tmp_path, clock, monkeypatch, **changed):
    monkeypatch.setattr(snapshots, "seal", lambda server: b"sealed")

    async def scenario():
        taking = snapshots.Snapshots(MemoryDatastore(), settings(tmp_path, **changed), tmp_path, clock)
        try:
            await taking.run()
        except Ended:
            return

    asyncio.run(scenario())
    return [datetime.datetime.fromtimestamp(each.created).hour for each in folder.listed(tmp_path / "snapshots")]


def test_they_are_taken_at_their_times_and_the_oldest_go(tmp_path, monkeypatch):
    assert run(tmp_path, Clock(1), monkeypatch) == [12]
    clock = Clock(1 + 12 + 12)
    assert run(tmp_path, clock, monkeypatch) == [0, 12]
    assert max(clock.slept) <= snapshots.LONGEST_SLEEP_S


def test_one_that_fails_does_not_end_the_schedule(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert run(tmp_path, Clock(1 + 12), monkeypatch, folder=blocked / "snapshots") == []
    assert capsys.readouterr().err.count("scheduled snapshot failed") == 2
