"""Secrets of a real server: never plain on the disk, keys changed while it runs, a kill at any moment survived."""

import asyncio
import base64
import json
import pathlib
import time

import pytest
from k3s_server import Server, in_server, server

SECRETS = "/api/v1/namespaces/default/secrets"
MARK = "PLAIN-TEXT-OF-ONE-SECRET"
MARKS = (MARK.encode(), base64.b64encode(MARK.encode()))


@pytest.fixture
def encrypted(tmp_path):
    with server(tmp_path / "k3s", "--secrets-encryption") as made:
        made.start()
        yield made


def secret(name):
    meta = {"name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"of": f"{MARK} {name}"}}


def write(made: Server, *names: str) -> None:
    async def create(client):
        await asyncio.gather(*(client.send("POST", SECRETS, secret(name)) for name in names))

    in_server(made, create)


def read(made: Server) -> dict[str, str]:
    listed = in_server(made, lambda client: client.list(SECRETS))["items"]
    return {each["metadata"]["name"]: base64.b64decode(each["data"]["of"]).decode() for each in listed}


def on_disk(made: Server) -> list[str]:
    """The files of database and snapshots that show what is in a Secret."""
    files = (path for path in (made.folder / "server/db").rglob("*") if path.is_file())
    return [path.name for path in files if any(mark in path.read_bytes() for mark in MARKS)]


def status(made: Server) -> dict[str, object]:
    done = made.k3s("secrets-encrypt", "status", "-o", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wait_finished(made: Server) -> dict[str, object]:
    give_up = time.monotonic() + 60
    while (found := status(made))["stage"] != "reencrypt_finished":
        assert time.monotonic() < give_up, found
    return found


def said(made: Server, *words: str) -> str:
    done = made.k3s("secrets-encrypt", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_is_in_a_secret_is_nowhere_on_the_disk(encrypted):
    write(encrypted, "a", "b")
    assert read(encrypted) == {"a": f"{MARK} a", "b": f"{MARK} b"}
    encrypted.k3s("snapshot", "save")
    encrypted.k3s("snapshot", "save", "--compress")
    assert on_disk(encrypted) == []
    assert (encrypted.folder / "server/cred/encryption-config.json").stat().st_mode & 0o777 == 0o600
    encrypted.kill()
    encrypted.start()
    assert read(encrypted)["a"] == f"{MARK} a"
    encrypted.stop()
    assert on_disk(encrypted) == []


def test_the_search_finds_what_is_not_encrypted(tmp_path):
    with server(tmp_path / "plain") as plain:
        plain.start()
        write(plain, "a")
        plain.stop()
        assert on_disk(plain) == ["state.db"]


def test_status_is_what_k3s_shows(encrypted):
    assert said(encrypted, "status").splitlines() == [
        "Encryption Status: Enabled",
        "Current Rotation Stage: start",
        "Server Encryption Hashes: All hashes match",
        "",
        "Active  Key Type  Name",
        "------  --------  ----",
        " *      AES-CBC   aescbckey",
    ]


def test_keys_are_rotated_in_one_step_without_a_restart(encrypted):
    write(encrypted, "a")
    assert said(encrypted, "rotate-keys") == "keys rotated, reencryption finished"
    found = status(encrypted)
    assert (found["stage"], found["inactivekeys"]) == ("reencrypt_finished", [])
    assert "aescbckey-" in str(found["activekey"])
    assert read(encrypted) == {"a": f"{MARK} a"}
    encrypted.kill()
    encrypted.start()
    assert read(encrypted) == {"a": f"{MARK} a"}


def test_keys_are_rotated_in_three_steps_and_only_in_that_order(encrypted):
    write(encrypted, "a")
    assert "from which rotate is not the next step" in encrypted.k3s("secrets-encrypt", "rotate").stderr
    assert said(encrypted, "prepare") == "prepare completed successfully"
    assert said(encrypted, "rotate") == "rotate completed successfully"
    assert said(encrypted, "reencrypt", "--skip") == "reencryption started"
    assert wait_finished(encrypted)["inactivekeys"] == ["AES-CBC aescbckey"]
    assert read(encrypted) == {"a": f"{MARK} a"}


def test_another_provider_takes_over_with_the_next_rotation(encrypted):
    write(encrypted, "a")
    encrypted.stop()
    encrypted.start("--secrets-encryption-provider", "aesgcm")
    said(encrypted, "rotate-keys")
    assert str(status(encrypted)["activekey"]).startswith("AES-GCM aesgcmkey-")
    assert read(encrypted) == {"a": f"{MARK} a"}


def test_disabling_and_writing_anew_gives_plain_text_back(encrypted):
    write(encrypted, "a")
    assert said(encrypted, "disable") == "secrets-encryption disabled"
    said(encrypted, "reencrypt", "--force", "--skip")
    assert wait_finished(encrypted)["enable"] is False
    encrypted.stop()
    assert "state.db" in on_disk(encrypted)
    encrypted.start()
    assert read(encrypted) == {"a": f"{MARK} a"}
    assert said(encrypted, "enable") == "secrets-encryption enabled"
    said(encrypted, "reencrypt", "--force", "--skip")
    wait_finished(encrypted)
    assert on_disk(encrypted) == []


def test_secrets_of_an_older_cluster_are_encrypted_once_it_is_asked_for_and_nothing_plain_stays(tmp_path):
    with server(tmp_path / "k3s") as made:
        made.start()
        write(made, *(f"old-{number}" for number in range(50)))
        told = made.k3s("secrets-encrypt", "enable").stderr
        assert "was not started with --secrets-encryption" in told
        made.stop()
        made.start("--secrets-encryption")
        wait_finished(made)
        assert len(read(made)) == 50
        assert on_disk(made) == []


@pytest.mark.parametrize("pause", [0.25, 0.4, 0.6])
def test_a_server_killed_while_keys_change_goes_on_at_its_next_start(encrypted, pause):
    names = [f"s-{number}" for number in range(200)]
    write(encrypted, *names)

    async def ask(client):
        asked = asyncio.ensure_future(client.send("PUT", "/v1-k3s/encrypt/config", {"stage": "rotate_keys"}))
        await asyncio.sleep(pause)
        encrypted.kill()
        await asyncio.gather(asked, return_exceptions=True)

    in_server(encrypted, ask)
    encrypted.start()
    if status(encrypted)["stage"] != "start":
        assert wait_finished(encrypted)["inactivekeys"] == []
    assert set(read(encrypted)) == set(names)


def replace_key(path: pathlib.Path) -> None:
    found = json.loads(path.read_bytes())
    found["resources"][0]["providers"][0]["aescbc"]["keys"][0]["secret"] = base64.b64encode(b"x" * 32).decode()
    path.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (pathlib.Path.unlink, "holds encrypted values"),
        (replace_key, "Damaged|cannot be read"),
        (lambda path: path.write_text("{"), "cannot use"),
    ],
)
def test_without_the_right_key_it_does_not_start_and_loses_nothing(encrypted, spoil, told):
    write(encrypted, "a")
    encrypted.stop()
    path = encrypted.folder / "server/cred/encryption-config.json"
    right = path.read_bytes()
    spoil(path)
    refusal = encrypted.refused()
    assert any(words in refusal for words in told.split("|"))
    assert "encryption-config.json" in refusal
    path.write_bytes(right)
    encrypted.start()
    assert read(encrypted) == {"a": f"{MARK} a"}


def test_without_key_and_flag_it_says_that_there_is_no_key(encrypted):
    write(encrypted, "a")
    encrypted.stop()
    (encrypted.folder / "server/cred/encryption-config.json").unlink()
    encrypted.flags = ()
    assert "is encrypted, and there is no key to read it" in encrypted.refused()


def test_without_the_flag_an_encrypted_cluster_stays_encrypted(encrypted):
    encrypted.stop()
    encrypted.flags = ()
    encrypted.start()
    write(encrypted, "a")
    assert read(encrypted) == {"a": f"{MARK} a"}
    assert on_disk(encrypted) == []


def test_a_snapshot_brings_its_keys_along(encrypted, tmp_path):
    write(encrypted, "a")
    encrypted.k3s("snapshot", "save")
    (name,) = encrypted.snapshots
    token = (encrypted.folder / "server/token").read_text().strip()
    with server(tmp_path / "other") as other:
        path = encrypted.folder / "server/db/snapshots" / name
        assert other.k3s("snapshot", "restore", str(path), "--token", token).returncode == 0
        other.start()
        assert read(other) == {"a": f"{MARK} a"}


def test_only_administrators_see_or_change_the_keys(encrypted):
    from pyk3s.client.errors import ApiError
    from pyk3s.roles import connection

    tls = encrypted.folder / "server/tls"

    async def refused():
        url = f"https://127.0.0.1:{encrypted.port}"
        client = connection.connect(url, tls / "server-ca.crt", tls / "client-controller.crt")
        try:
            for method, path in (("GET", "status"), ("PUT", "config")):
                with pytest.raises(ApiError, match="403"):
                    await client.call(method, f"/v1-k3s/encrypt/{path}", b'{"stage": "rotate_keys"}')
        finally:
            await client.close()

    asyncio.run(refused())
    assert status(encrypted)["stage"] == "start"
