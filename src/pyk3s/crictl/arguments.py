"""The words of crictl: flags before operands, one or two dashes, switches of one letter may be joined (`-it`)."""

from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.lib.failure import Failure

USAGE = 2


class Flag(NamedTuple):
    """`takes` is what its value is called in help; a switch takes none."""

    name: str
    help: str
    short: str = ""
    takes: str = ""
    default: str = ""


class Given(NamedTuple):
    """What was said: values by flag (the last wins, `all` has every one), and the words after the flags."""

    values: dict[str, list[str]]
    flags: Sequence[Flag]
    operands: list[str]

    def text(self, name: str) -> str:
        flag = next(each for each in self.flags if each.name == name)
        return self.values.get(name, [flag.default])[-1]

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def on(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str) -> int:
        text = self.text(name)
        try:
            return int(text or "0")
        except ValueError:
            raise Failure(f"invalid value {text!r} for --{name}", remedy="a number is wanted", status=USAGE) from None


def parse(words: Sequence[str], flags: Sequence[Flag], called: str) -> Given:
    """Read flags up to the first word that is none, or up to `--`."""
    values: dict[str, list[str]] = {}
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        name, joined, value = word.lstrip("-").partition("=")
        flag = _named(name, flags)
        if flag is None:
            _switches(name, flags, values, f"flag {word} of {called}")
            continue
        if not joined:
            if flag.takes and not rest:
                raise Failure(f"flag --{flag.name} needs a value", status=USAGE)
            value = rest.pop(0) if flag.takes else "true"
        values.setdefault(flag.name, []).append(value)
    return Given(values, flags, rest)


def _named(name: str, flags: Sequence[Flag]) -> Flag | None:
    return next((each for each in flags if name and name in (each.name, *each.short.split())), None)


def _switches(letters: str, flags: Sequence[Flag], values: dict[str, list[str]], called: str) -> None:
    found = [_named(letter, flags) for letter in letters]
    for flag in found:
        if flag is None or flag.takes:
            raise Failure(f"unknown {called}", remedy="--help lists what there is", status=USAGE)
        values[flag.name] = ["true"]
    if not found:
        raise Failure(f"unknown {called}", remedy="--help lists what there is", status=USAGE)


def usage(called: str, summary: str, operands: str, flags: Sequence[Flag]) -> str:
    """The help of one command."""
    lines = [f"{called} - {summary}", "", f"USAGE:\n   {called} [options] {operands}".rstrip(), "", "OPTIONS:"]
    for flag in flags:
        names = ", ".join([f"--{flag.name}", *(f"-{short}" for short in flag.short.split())])
        value = f" {flag.takes}" if flag.takes else ""
        default = f" (default: {flag.default})" if flag.default else ""
        lines.append(f"   {names}{value}".ljust(34) + f" {flag.help}{default}")
    return "\n".join(lines)
