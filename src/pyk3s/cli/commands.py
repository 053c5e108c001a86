"""Commands with sub-commands as data: from one table come parsing, help in one form, and shell completion.

A command's module holds its table as COMMAND and hands the words of the user to `run`. Flags are read as those of the
server are: from arguments, K3S_* variables and config.yaml, of which a command takes the keys that it knows.
"""

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pyk3s.cli import terminal
from pyk3s.config import sources
from pyk3s.config.flags import BY_NAME, Flag, Kind, Named, by_name
from pyk3s.config.values import Values
from pyk3s.lib import log
from pyk3s.lib.failure import Failure

Work = Callable[[Values, Sequence[str]], int]
HELP = frozenset(("--help", "-h"))
CONFIG, DATA_DIR, DEBUG = BY_NAME["config"], BY_NAME["data-dir"], BY_NAME["debug"]
COMMON = (CONFIG, DATA_DIR, DEBUG)
WIDTH = 44


class Sub(NamedTuple):
    """One sub-command. `operands` is how words that are no flags are shown in its help; empty if it takes none."""

    summary: str
    work: Work
    flags: tuple[Flag, ...] = ()
    operands: str = ""
    aliases: tuple[str, ...] = ()


class Command(NamedTuple):
    """A command and its sub-commands."""

    name: str
    summary: str
    subs: Mapping[str, Sub]


def run(command: Command, arguments: Sequence[str]) -> int:
    """Do what the words ask for; returns the exit status."""
    word, *rest = arguments or ["--help"]
    if word in (*HELP, "help"):
        terminal.say(overview(command))
        return 0
    name = next((name for name, sub in command.subs.items() if word == name or word in sub.aliases), None)
    if name is None:
        remedy = f"there are {', '.join(command.subs)}"
        raise Failure(f"unknown command 'k3s {command.name} {word}'", remedy=remedy, status=sources.USAGE)
    return run_one(f"{command.name} {name}", command.subs[name], rest)


def run_one(name: str, sub: Sub, arguments: Sequence[str]) -> int:
    """Run a command that has no sub-commands, or one sub-command; `name` is without `k3s`."""
    if HELP & set(arguments):
        terminal.say(usage(f"k3s {name}", sub.summary, sub.flags, sub.operands))
        return 0
    return work(f"k3s {name}", sub, arguments)


def work(called: str, sub: Sub, arguments: Sequence[str]) -> int:
    """Run one sub-command on its words."""
    table = by_name(sub.flags)
    operands: list[str] | None = [] if sub.operands else None
    given = sources.from_environment(os.environ, sub.flags)
    given |= sources.from_arguments(arguments, table, command=called, operands=operands)
    values = Values(_with_files(given, table), table)
    log.configure(debug="debug" in table and values.switch("debug"))
    return sub.work(values, operands or [])


def _with_files(given: sources.Given, table: Named) -> sources.Given:
    if "config" not in table:
        return given
    asked = given.get("config")
    path = pathlib.Path(asked[-1] if asked else CONFIG.default)
    return sources.from_files(path, must_exist=asked is not None, wanted=table) | given


def overview(command: Command) -> str:
    """Help of a command: what it is for and its sub-commands."""
    lines = [f"   {', '.join((name, *sub.aliases)):<20} {sub.summary}" for name, sub in command.subs.items()]
    called = f"k3s {command.name}"
    more = f"`{called} COMMAND --help` lists the flags of one."
    return "\n".join([f"{called}: {command.summary}", "", "Commands:", *lines, "", more])


def usage(called: str, summary: str, flags: Sequence[Flag], operands: str = "") -> str:
    """Help of something that takes flags."""
    line = " ".join(filter(None, (called, operands, "[flags]" if flags else "")))
    shown = [flag_line(flag) for flag in flags if not flag.refused]
    return "\n".join([f"{called}: {summary}", "", f"Usage: {line}", *(["", "Flags:", *shown] if shown else [])])


def flag_line(flag: Flag) -> str:
    """One flag in a help text: names, what it takes, what it is for, environment variable and default."""
    short = f", -{flag.short}" if flag.short else ""
    value = "" if flag.kind is Kind.SWITCH else " value"
    facts = "".join(f" [{fact}]" for fact in (f"${flag.env}" if flag.env else "", flag.default) if fact)
    return f"   --{flag.name}{short}{value}".ljust(WIDTH) + f" {flag.help}{facts}"
