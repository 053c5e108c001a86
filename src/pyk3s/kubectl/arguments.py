"""Flags as kubectl reads them: long and short, `--name=value` and `--name value`, anywhere among the words.

A command declares its flags as a table; `parse` gives typed look-ups and the words that are left. Complaints are those
of kubectl's own flag library, because scripts match on them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pyk3s.kubectl import durations

TEXT, SWITCH, NUMBER, DURATION, LIST, EACH = "string", "bool", "int", "duration", "strings", "stringArray"


class Flag(NamedTuple):
    """One flag. `kind` is TEXT, SWITCH, NUMBER, DURATION, LIST (values separated by commas) or EACH (one per use);
    `bare` is what the flag means when it is given without a value.
    """

    name: str
    short: str = ""
    kind: str = TEXT
    default: str = ""
    text: str = ""
    bare: str | None = None


class FlagError(Exception):
    """Words that are no use of the flags; the message is kubectl's."""


class Flags:
    """The values of the flags that a command declares, and whether they were given."""

    def __init__(self, declared: Iterable[Flag], given: Mapping[str, Sequence[str]]):
        self._declared = {flag.name: flag for flag in declared}
        self._given = given

    @property
    def names(self) -> set[str]:
        """The flags that the command has."""
        return set(self._declared)

    def only(self, declared: Iterable[Flag], *, without: Iterable[Flag]) -> "Flags":
        """The values of some flags; those that others hide by the same name count as not given."""
        hidden = {flag.name for flag in without}
        return Flags(declared, {name: values for name, values in self._given.items() if name not in hidden})

    def given(self, name: str) -> bool:
        """Whether the flag was used at all."""
        return name in self._given

    def text(self, name: str) -> str:
        """The last value given, or the default."""
        values = self._given.get(name)
        return values[-1] if values else self._declared[name].default

    def on(self, name: str) -> bool:
        return truth(self.text(name) or "false")

    def number(self, name: str) -> int:
        return int(self.text(name) or "0", 0)

    def seconds(self, name: str) -> float:
        return durations.seconds(self.text(name) or "0s")

    def many(self, name: str) -> list[str]:
        """Every value: of a LIST also those between commas."""
        flag = self._declared[name]
        values = self._given.get(name)
        if values is None:
            values = [flag.default] if flag.default else []
        if flag.kind == LIST:
            return [part for value in values for part in value.split(",") if value]
        return list(values)


class Parsed(NamedTuple):
    """Flags, words, and how many of the words came before `--` (None where there was none)."""

    flags: Flags
    words: list[str]
    before_dash: int | None


def parse(declared: Sequence[Flag], arguments: Sequence[str]) -> Parsed:
    """Tell flags from words; raises FlagError."""
    reader = _Reader(declared)
    reader.read(list(arguments))
    return Parsed(Flags(declared, reader.given), reader.words, reader.before_dash)


class _Reader:
    def __init__(self, declared: Sequence[Flag]):
        self._long = {flag.name: flag for flag in declared}
        self._short = {flag.short: flag for flag in declared if flag.short}
        self.given: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.before_dash: int | None = None

    def read(self, rest: list[str]) -> None:
        while rest:
            word = rest.pop(0)
            if word == "--":
                self.before_dash = len(self.words)
                self.words += rest
                return
            if word.startswith("--"):
                self._read_long(word, rest)
            elif word.startswith("-") and len(word) > 1:
                self._read_short(word, rest)
            else:
                self.words.append(word)

    def _read_long(self, word: str, rest: list[str]) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name.startswith("-"):
            raise FlagError(f"bad flag syntax: {word}")
        flag = self._long.get(name)
        if flag is None:
            raise FlagError(f"unknown flag: --{name}")
        if equals:
            self._take(flag, value)
        elif (bare := _bare(flag)) is not None:
            self._take(flag, bare)
        elif rest:
            self._take(flag, rest.pop(0))
        else:
            raise FlagError(f"flag needs an argument: --{name}")

    def _read_short(self, word: str, rest: list[str]) -> None:
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            flag = self._short.get(letter)
            if flag is None:
                raise FlagError(f"unknown shorthand flag: '{letter}' in {word}")
            if letters.startswith("="):
                self._take(flag, letters[1:])
                return
            bare = _bare(flag)
            if bare is not None:
                self._take(flag, bare)
            elif letters:
                self._take(flag, letters)
                return
            elif rest:
                self._take(flag, rest.pop(0))
            else:
                raise FlagError(f"flag needs an argument: '{letter}' in -{letter}")

    def _take(self, flag: Flag, value: str) -> None:
        try:
            _check(flag.kind, value)
        except ValueError as error:
            shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
            raise FlagError(f'invalid argument "{value}" for "{shown}" flag: {error}') from None
        self.given.setdefault(flag.name, []).append(value)


def _bare(flag: Flag) -> str | None:
    return "true" if flag.kind == SWITCH else flag.bare


def _check(kind: str, value: str) -> None:
    """Raise ValueError with Go's words where the value is not of the kind."""
    if kind == SWITCH:
        truth(value)
    elif kind == NUMBER:
        try:
            int(value, 0)
        except ValueError:
            raise ValueError(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
    elif kind == DURATION:
        durations.seconds(value)


def truth(value: str) -> bool:
    """A boolean as Go reads it; raises ValueError."""
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
