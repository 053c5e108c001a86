"""Killed at random moments, a datastore keeps every acknowledged write and never uses a revision twice."""

import asyncio
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

from pyk3s.datastore.open import open_datastore

KILLS = 100
WRITER = pathlib.Path(__file__).with_name("durable_writer.py")


def write_until_killed(url: str, name: str, chance: random.Random) -> list[tuple[str, int]]:
    """The acknowledged writes of one child that was killed at a random moment after its first."""
    with subprocess.Popen([sys.executable, str(WRITER), url, name], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        told = os.read(child.stdout.fileno(), 1 << 16)
        time.sleep(chance.uniform(0, 0.1))  # the random moment; nothing is asserted about time
        child.kill()
        told += child.stdout.read()
    lines = told.split(b"\n")[:-1]
    return [(key.decode(), int(revision)) for key, revision in (line.split(b" ") for line in lines)]


def loaded(url: str):
    async def load():
        store = await open_datastore(url)
        snapshot = await store.load()
        await store.close()
        return snapshot

    return asyncio.run(load())


@pytest.mark.timeout(240)
def test_no_acknowledged_write_is_lost_and_no_revision_used_twice_in_a_hundred_kills(tmp_path):
    url, chance = f"sqlite://{tmp_path}/state.db", random.Random(3)
    newest: dict[str, int] = {}
    highest = 0
    for number in range(KILLS):
        acknowledged = write_until_killed(url, str(number), chance)
        assert min(revision for _, revision in acknowledged) > highest
        revisions = [revision for _, revision in acknowledged]
        assert len(set(revisions)) == len(revisions)
        highest = max(revisions)
        for key, revision in acknowledged:
            newest[key] = max(revision, newest.get(key, 0))
        if number % 10 == 9 or number < 3:
            snapshot = loaded(url)
            held = {record.key: record for record in snapshot.records}
            missing = [key for key, revision in newest.items() if key != "~" and held[key].revision < revision]
            assert not missing
            assert all(record.value.startswith(b"%d " % record.revision) for record in snapshot.records)
            assert snapshot.revision >= highest
            highest = snapshot.revision
