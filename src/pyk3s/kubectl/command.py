"""What a command is: its flags, its words, and the coroutine that does it; or a group of commands."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from pyk3s.kubectl.arguments import Flag as Flag
from pyk3s.kubectl.arguments import Flags, Parsed
from pyk3s.kubectl.context import Context


class Call(NamedTuple):
    """One use of a command: where it acts, and what was asked."""

    context: Context
    flags: Flags
    words: list[str]
    before_dash: int | None
    path: str

    @classmethod
    def of(cls, context: Context, parsed: Parsed, path: str) -> "Call":
        return cls(context, parsed.flags, parsed.words, parsed.before_dash, path)


Run = Callable[[Call], Awaitable[int]]


class Command(NamedTuple):
    """One command; `usage` is what follows its name in the line of its use."""

    usage: str
    summary: str
    flags: Sequence[Flag]
    run: Run


class Group(NamedTuple):
    """Commands below one word; with a `run` of its own where that word is a command too."""

    summary: str
    commands: Mapping[str, "Command | Group"]
    own: Command | None = None


AnyCommand = Command | Group
