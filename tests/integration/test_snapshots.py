"""Snapshots of a real server: taken under load, restored with everything, refused where they must be."""

import asyncio
import re
import shutil
import sqlite3
import subprocess
import time

import pytest
from k3s_server import K3S, in_server, server

from pyk3s.client.rest import Client

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def running(tmp_path):
    with server(tmp_path / "k3s") as made:
        made.start()
        yield made


def config_map(name):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"of": name * 50}}


async def write(client: Client, writer: int, count: int, written: list[str]) -> None:
    for number in range(count):
        name = f"map-{writer}-{number}"
        await client.send("POST", MAPS, config_map(name))
        written.append(name)


async def names(client: Client) -> set[str]:
    return {each["metadata"]["name"] for each in (await client.list(MAPS))["items"]}


def saved_name(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    return re.findall(r"Snapshot (\S+) saved", done.stdout)[0]


def test_one_taken_under_write_load_holds_everything_that_was_acknowledged_before_it(running):
    async def loaded(client):
        written: list[str] = []
        before: set[str] = set()

        def save():
            before.update(written)
            return running.k3s("snapshot", "save", "--name", "load")

        async with asyncio.TaskGroup() as group:
            for writer in range(8):
                group.create_task(write(client, writer, 60, written))
            await asyncio.sleep(0.2)
            return await asyncio.to_thread(save), before, written

    done, before, written = in_server(running, loaded)
    name = saved_name(done)
    assert before
    running.stop()
    assert running.k3s("snapshot", "restore", name).returncode == 0
    running.start()
    restored = in_server(running, names)
    assert before <= restored <= {*written, "kube-root-ca.crt"}


def test_a_restore_brings_back_what_was_deleted_and_lets_go_of_what_came_later(running):
    in_server(running, lambda client: write(client, 1, 3, []))
    name = saved_name(running.k3s("snapshot", "save", "--compress"))

    async def change(client):
        await client.call("DELETE", f"{MAPS}/map-1-0")
        await write(client, 2, 1, [])

    in_server(running, change)
    assert "another server runs" in running.k3s("snapshot", "restore", name).stderr
    running.stop()
    done = running.k3s("snapshot", "restore", name)
    assert "kept what was there before: " in done.stdout
    running.start()
    assert {"map-1-0", "map-1-1", "map-1-2"} == in_server(running, names) - {"kube-root-ca.crt"}


def test_a_watch_from_before_a_restore_is_told_to_begin_anew(running):
    revision = in_server(running, lambda client: client.list(MAPS))["metadata"]["resourceVersion"]
    name = saved_name(running.k3s("snapshot", "save"))
    running.stop()
    running.k3s("snapshot", "restore", name)
    running.start()

    async def watch(client):
        query = {"watch": "1", "resourceVersion": revision}
        return await client.call("GET", MAPS, query=query)

    assert b'"code":410' in in_server(running, watch)


def test_the_token_alone_brings_a_snapshot_to_life_on_another_machine(running, tmp_path):
    in_server(running, lambda client: write(client, 1, 2, []))
    name = saved_name(running.k3s("snapshot", "save"))
    authority = (running.folder / "server/tls/server-ca.crt").read_bytes()
    token = (running.folder / "server/token").read_text().strip()
    with server(tmp_path / "other") as other:
        copied = shutil.copy(running.folder / "server/db/snapshots" / name, tmp_path / name)
        assert "--token" in other.k3s("snapshot", "restore", str(copied)).stderr
        assert "does not open it" in other.k3s("snapshot", "restore", str(copied), "--token", "guess").stderr
        assert not (other.folder / "server/db/state.db").exists()
        assert other.k3s("snapshot", "restore", str(copied), "--token", token).returncode == 0
        other.start("--token", token)
        assert {"map-1-0", "map-1-1"} <= in_server(other, names)
        assert (other.folder / "server/tls/server-ca.crt").read_bytes() == authority
        assert (other.folder / "server/token").read_text().strip() == token


def test_a_server_killed_while_it_saves_leaves_no_half_snapshot(running):
    in_server(running, lambda client: write(client, 1, 40, []))
    for pause in (0.4, 0.6, 0.8):
        saving = subprocess.Popen([*K3S, "snapshot", "save", *running.place], stderr=subprocess.PIPE)
        time.sleep(pause)
        running.kill()
        saving.communicate()
        for name in running.snapshots:
            assert name.startswith(".partial-") or running.k3s("snapshot", "restore", name).returncode == 0
        running.start()
    saved_name(running.k3s("snapshot", "save"))
    assert not any(name.startswith(".") for name in running.snapshots)


def test_a_damaged_snapshot_is_refused_and_changes_nothing(running):
    name = saved_name(running.k3s("snapshot", "save"))
    path = running.folder / "server/db/snapshots" / name
    path.write_bytes(path.read_bytes().replace(b"kube-system", b"kube-sYstem", 1))
    running.stop()
    before = (running.folder / "server/db/state.db").read_bytes()
    done = running.k3s("snapshot", "restore", name)
    assert (done.returncode, "is damaged" in done.stderr) == (1, True)
    assert (running.folder / "server/db/state.db").read_bytes() == before


def test_one_can_be_saved_into_another_folder_by_who_may_write_there(running, tmp_path):
    done = running.k3s("snapshot", "save", "--dir", str(tmp_path / "other"))
    assert [path.name for path in (tmp_path / "other").iterdir()] == [saved_name(done)]
    assert running.snapshots == []


def test_while_no_server_runs_the_database_at_rest_is_saved(running):
    running.stop()
    done = running.k3s("snapshot", "save", "--name", "rest")
    assert "no server is running" in done.stdout
    assert running.k3s("snapshot", "restore", saved_name(done)).returncode == 0


def written_by(made, release):
    connection = sqlite3.connect(made.folder / "server/db/state.db")
    connection.execute("UPDATE origin SET value = ?", (release,))
    connection.commit()
    connection.close()


def test_before_the_first_start_of_a_new_version_a_snapshot_is_taken_once(running):
    running.stop()
    written_by(running, "v1.35.0+pyk3s0.0.9")
    for _ in range(2):
        running.start()
        running.stop()
    (name,) = running.snapshots
    assert name.startswith("pre-upgrade-")
    assert running.k3s("snapshot", "restore", name).returncode == 0


def test_an_older_version_does_not_start_over_a_newer_database(running):
    running.stop()
    written_by(running, "v1.99.0+pyk3s9.0.0")
    told = running.refused()
    assert "was written by v1.99.0+pyk3s9.0.0, which is newer than this program" in told
    assert running.snapshots == []


def test_only_administrators_may_take_snapshots(running):
    async def asked(client):
        return await client.call("POST", "/db/snapshot", b'{"name": "x"}')

    def as_kubelet():
        tls = running.folder / "server/tls"
        from pyk3s.roles import connection

        return connection.connect(
            f"https://127.0.0.1:{running.port}", tls / "server-ca.crt", tls / "client-scheduler.crt"
        )

    async def refused():
        client = as_kubelet()
        try:
            with pytest.raises(Exception, match="403"):
                await asked(client)
        finally:
            await client.close()

    asyncio.run(refused())
    assert running.snapshots == []
