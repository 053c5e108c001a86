"""The completion script knows every command, sub-command and flag, and bash takes it."""

import shutil
import subprocess

import pytest

from pyk3s.cli import completion, main
from pyk3s.config.flags import SUPPORTED


def completed(*typed):
    """What bash offers after these words."""
    script = completion.script("bash", completion.words())
    words = " ".join(f"'{word}'" for word in ("k3s", *typed))
    probe = f"COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _k3s; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", f"{script}\n{probe}"], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture(autouse=True)
def bash():
    if not shutil.which("bash"):
        pytest.skip("no bash")


def test_commands_are_completed_first():
    assert set(completed("")) >= set(main.COMMANDS)
    assert completed("sn") == ["snapshot"]


def test_sub_commands_and_their_flags_are_completed():
    assert set(completed("snapshot", "")) >= {"save", "ls", "delete", "prune", "restore"}
    assert completed("secrets-encrypt", "reencrypt", "--sk") == ["--skip"]
    assert "--cluster-cidr" in completed("check-config", "--")


def test_flags_of_the_server_are_those_that_it_takes():
    offered = set(completed("server", "--"))
    assert offered >= {f"--{flag.name}" for flag in SUPPORTED if "server" in flag.commands}
    assert "--rootless" not in offered


def test_zsh_gets_the_same_through_its_bash_mode(capsys):
    assert main.main(["k3s", "completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out


def test_installing_adds_one_line_once(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".bashrc").write_text("alias k=kubectl")
    for _ in range(2):
        assert main.main(["k3s", "completion", "bash", "-i"]) == 0
    assert (tmp_path / ".bashrc").read_text() == "alias k=kubectl\nsource <(k3s completion bash)\n"


def test_another_shell_is_refused(capsys):
    assert main.main(["k3s", "completion", "fish"]) == 2
    assert "bash or zsh" in capsys.readouterr().err


@pytest.mark.parametrize("command", [name for name in main.COMMANDS if name not in ("kubectl", "ctr", "crictl")])
def test_every_command_of_ours_has_help_in_one_form(command, capsys):
    assert main.main(["k3s", command, "--help"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"k3s {command}: ") or command == "help"
