"""`k3s completion bash|zsh`: a script made from the tables of commands and flags, so that it never lags behind them."""

import importlib
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pyk3s.cli import commands, terminal
from pyk3s.config.flags import AGENT, SERVER, Flag, Kind, flags_of
from pyk3s.config.values import Values
from pyk3s.lib.failure import Failure

INSTALL = Flag("i", Kind.SWITCH, "Load it from the start-up file of the shell")
OF_ROLES = {"server": SERVER, "agent": AGENT, "ready": SERVER}
START_UP = {"bash": ".bashrc", "zsh": ".zshrc"}
Words = Mapping[str, Iterable[str]]
SCRIPT = """\
_k3s() {{
  local words=""
  case "${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}" in
{two}
    *) case "${{COMP_WORDS[1]}}" in
{one}
    esac ;;
  esac
  if [ "$COMP_CWORD" -le 1 ]; then words="{commands}"; fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _k3s k3s
"""
FOR_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    return commands.run_one("completion", SUB, arguments)


def _print(values: Values, operands: Sequence[str]) -> int:
    if len(operands) != 1 or operands[0] not in START_UP:
        raise Failure("name the shell", remedy=f"{' or '.join(START_UP)}", status=2)
    (shell,) = operands
    if values.switch("i"):
        return _install(shell)
    terminal.say(script(shell, words()))
    return 0


def _install(shell: str) -> int:
    path = pathlib.Path(os.environ.get("HOME", "/root")) / START_UP[shell]
    line = f"source <(k3s completion {shell})"
    held = path.read_text() if path.exists() else ""
    if line not in held.splitlines():
        with path.open("a") as file:
            file.write(f"{'' if held.endswith(chr(10)) or not held else chr(10)}{line}\n")
    terminal.say(f"{path} loads the completion of k3s from the next shell on")
    return 0


def words() -> Words:
    """What can follow each command and sub-command: `""` has the commands, `snapshot save` the flags of that."""
    from pyk3s.cli.main import COMMANDS

    found: dict[str, Iterable[str]] = {"": [*COMMANDS, "--help", "--version"]}
    for name in COMMANDS:
        if role := OF_ROLES.get(name):
            found[name] = _flags(flags_of(role))
        else:
            found.update(_of_table(name))
    return found


def _of_table(name: str) -> dict[str, Iterable[str]]:
    try:
        module = importlib.import_module(f"pyk3s.cli.{name.replace('-', '_')}")
    except ModuleNotFoundError:
        return {}  # help, which is no module
    if table := getattr(module, "COMMAND", None):
        subs = {f"{name} {sub}": _flags(made.flags) for sub, made in table.subs.items()}
        return {name: [*table.subs, "--help"], **subs}
    sub = getattr(module, "SUB", None)
    return {name: [*(START_UP if module.__name__ == __name__ else ()), *_flags(sub.flags)]} if sub else {}


def _flags(flags: Iterable[Flag]) -> list[str]:
    return [*(f"--{flag.name}" for flag in flags if not flag.refused), "--help"]


def script(shell: str, known: Words) -> str:
    """The completion script for a shell; zsh takes bash's."""
    lines: dict[int, list[str]] = {1: [], 2: []}
    for name, following in known.items():
        if depth := len(name.split()):
            indent = "    " if depth > 1 else "      "
            lines[depth].append(f'{indent}"{name}") words="{" ".join(following)}" ;;')
    made = SCRIPT.format(two="\n".join(lines[2]), one="\n".join(lines[1]), commands=" ".join(known[""]))
    return FOR_ZSH + made if shell == "zsh" else made


SUB = commands.Sub("Print a completion script", _print, (INSTALL,), "bash|zsh")
