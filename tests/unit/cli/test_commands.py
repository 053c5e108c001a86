"""Commands with sub-commands: parsing, help in one form, refusals."""

import pytest

from pyk3s.cli import commands, main
from pyk3s.config.flags import Flag, Kind, flags_of
from pyk3s.lib.failure import Failure

seen = {}


def work(values, operands):
    seen.update(name=values.text("name"), operands=list(operands), folder=values.text("data-dir"))
    return 3


NAME = Flag("name", Kind.TEXT, "A name")
SUBS = {"save": commands.Sub("Save it", work, (*commands.COMMON, NAME), "[WHAT ...]", ("s",))}
COMMAND = commands.Command("thing", "Things", SUBS)


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.yaml"
    path.write_text("data-dir: /from/file\nhttps-listen-port: 7000\n")
    monkeypatch.setenv("K3S_CONFIG_FILE", str(path))


def test_a_sub_command_gets_its_flags_and_operands_and_gives_the_status(config):
    assert commands.run(COMMAND, ["s", "--name=x", "a", "b"]) == 3
    assert seen == {"name": "x", "operands": ["a", "b"], "folder": "/from/file"}


def test_what_the_server_alone_knows_in_config_yaml_is_left_to_it(config):
    assert commands.run(COMMAND, ["save"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [(["bogus"], "there are save"), (["save", "--bogus"], "`k3s thing save --help` lists what there is")],
)
def test_unknown_words_are_refused_with_what_there_is(words, said):
    with pytest.raises(Failure, match=said):
        commands.run(COMMAND, words)


def test_help_has_one_form_at_every_level(capsys):
    commands.run(COMMAND, [])
    commands.run(COMMAND, ["save", "--help"])
    main.main(["k3s", "server", "--help"])
    overview, usage = capsys.readouterr().out.split("k3s thing save: ")
    assert "k3s thing: Things\n\nCommands:\n   save, s" in overview
    assert "Save it\n\nUsage: k3s thing save [WHAT ...] [flags]\n\nFlags:\n" in usage


@pytest.mark.parametrize("command", ["server", "agent"])
def test_help_lists_every_flag_of_a_command_and_no_other(command, capsys):
    main.main(["k3s", command, "--help"])
    text = capsys.readouterr().out
    for flag in flags_of(command):
        assert (f" --{flag.name}," in text or f" --{flag.name} " in text) is not bool(flag.refused)
