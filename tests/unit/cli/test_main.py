"""The command line: one line for what is wrong, an exit status that is not 0, and a bare start that loads little."""

import subprocess
import sys

import pytest

from pyk3s.cli import main


def run(capsys, *words):
    status = main.main(["k3s", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_without_a_command_the_commands_are_listed(capsys):
    status, out, _ = run(capsys)
    assert status == 0
    assert "server" in out


def test_the_version_names_the_kubernetes_release(capsys):
    assert run(capsys, "--version")[1].startswith("k3s version v1.36.2+")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], "k3s: unknown command 'bogus': `k3s help` lists the commands\n"),
        (["etcd-snapshot"], f"k3s: k3s etcd-snapshot is refused: {main.INSTEAD['etcd-snapshot']}\n"),
        (["server", "--bogus"], "k3s: unknown flag --bogus: `k3s server --help` lists what there is\n"),
    ],
)
def test_what_is_refused_says_so_in_one_line(capsys, words, said):
    status, out, error = run(capsys, *words)
    assert (status, out, error) == (2, "", said)


def test_help_of_the_server_lists_its_flags(capsys):
    status, out, _ = run(capsys, "server", "--help")
    assert status == 0
    assert "--cluster-cidr" in out


def test_called_as_kubectl_without_one_the_built_in_one_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main.main(["/usr/local/bin/kubectl", "nonsense"]) == 1
    assert 'unknown command "nonsense" for "kubectl"' in capsys.readouterr().err


def test_where_the_machines_kubectl_is_wanted_its_absence_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("K3S_KUBECTL", "machine")
    assert main.main(["kubectl", "get", "nodes"]) == 1
    assert "no kubectl on this machine" in capsys.readouterr().err


def test_an_unknown_choice_of_kubectl_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("K3S_KUBECTL", "mine")
    assert main.main(["kubectl", "get", "nodes"]) == 2
    assert "builtin or machine" in capsys.readouterr().err


def test_a_bare_start_loads_neither_server_nor_heavy_libraries():
    code = "import sys; from pyk3s.cli import main; main.main(['k3s', 'help']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("asyncio", "cryptography", "yaml", "msgspec", "pyk3s.roles", "pyk3s.apiserver"):
        assert f"'{heavy}'" not in loaded
