"""`k3s token` against a running server, as a user calls it."""

import json
import pathlib
import re
import subprocess
from collections.abc import Iterator

import k3s_server
import pytest

TOKEN = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[k3s_server.Server]:
    made = k3s_server.Server(tmp_path_factory.mktemp("server"), "--agent-token", "agents-own")
    made.start()
    yield made
    made.stop()


def said(server: k3s_server.Server, *words: str) -> str:
    done = server.k3s("token", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(server: k3s_server.Server, *words: str) -> str:
    done = server.k3s("token", *words)
    assert done.returncode
    return done.stderr


def authority(server: k3s_server.Server) -> str:
    return (server.folder / "server/token").read_text()[3:67]


def test_a_created_token_pins_the_authority_and_is_listed(server: k3s_server.Server) -> None:
    made = said(server, "create", "--ttl", "2h", "--description", "for the shed").strip()
    assert made.startswith(f"K10{authority(server)}::")
    identifier = made.rpartition("::")[2].partition(".")[0]
    head, *rows = said(server, "list").splitlines()
    assert head.split() == ["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA", "GROUPS"]
    row = next(row for row in rows if row.startswith(identifier))
    assert "authentication,signing" in row
    assert "for the shed" in row
    assert row.endswith("system:bootstrappers:k3s:default-node-token")
    assert said(server, "delete", made) == f'bootstrap token "{identifier}" deleted\n'
    assert identifier not in said(server, "list")


def test_a_token_may_be_chosen_and_last_for_ever(server: k3s_server.Server) -> None:
    assert said(server, "create", "abcdef.0123456789abcdef", "--ttl", "0").endswith("::abcdef.0123456789abcdef\n")
    listed = json.loads(said(server, "list", "-o", "json"))
    assert [each for each in listed if each["token"].startswith("abcdef")] == [
        {
            "token": "abcdef.0123456789abcdef",
            "description": "",
            "usages": ["authentication", "signing"],
            "groups": ["system:bootstrappers:k3s:default-node-token"],
        }
    ]
    assert "already exists" in refused(server, "create", "abcdef.0123456789abcdef")
    assert said(server, "delete", "abcdef") == 'bootstrap token "abcdef" deleted\n'


def test_a_generated_token_is_stored_nowhere(server: k3s_server.Server) -> None:
    words = [*k3s_server.K3S, "token", "generate"]
    made = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert TOKEN.fullmatch(made)
    assert made[:6] not in said(server, "list")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "short"), "'short' is not a bootstrap token"),
        (("create", "--ttl", "soon"), "invalid value 'soon' for --ttl: a duration such as 2m0s is wanted"),
        (("create", "--usages", "cooking"), "invalid value 'cooking' for --usages"),
        (("create", "--groups", "system:masters"), "the group 'system:masters' is refused"),
        (("delete",), "name the tokens to delete"),
        (("delete", "nonsense"), "'nonsense' is neither the id of a bootstrap token nor one"),
        (("delete", "zzzzzz"), "not found"),
        (("list", "--kubeconfig", "x"), "--kubeconfig is refused"),
        (("rotate", "--token", "wrong"), "refuses the token"),
    ],
)
def test_what_cannot_be_is_refused_with_words(server: k3s_server.Server, words: tuple[str, ...], told: str) -> None:
    assert told in refused(server, *words)


def secret(folder: pathlib.Path, name: str) -> str:
    return (folder / "server" / name).read_text().strip().rpartition(":")[2]


def test_a_rotated_token_holds_at_once_and_after_a_restart(server: k3s_server.Server) -> None:
    before = (server.folder / "server/token").read_text().strip()
    done = server.k3s("token", "rotate", "--new-token", "fresh")
    assert (done.returncode, done.stdout) == (0, "Token rotated, restart k3s nodes with new token\n")
    assert "keep a record of the old token" in done.stderr
    assert (secret(server.folder, "node-token"), secret(server.folder, "agent-token")) == ("fresh", "agents-own")
    assert "refuses the token" in refused(server, "rotate", "--token", before)
    server.stop()
    server.start()
    assert said(server, "rotate", "--new-token", "fresher")
    assert secret(server.folder, "token") == "fresher"
