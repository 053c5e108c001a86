"""What every command of crictl is given, and how it is described."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pyk3s.cri import runtime
from pyk3s.crictl.arguments import Flag, Given


class Call(NamedTuple):
    """One command being carried out: the runtime asked, what the user said, and where lines go."""

    cri: runtime.Runtime
    given: Given
    say: Callable[[str], None]
    now: float

    def form(self, usual: str = "table") -> str:
        return self.given.text("output") or usual


class Command(NamedTuple):
    """`work` returns the exit status. `least` operands must be there."""

    summary: str
    work: Callable[[Call], Awaitable[int]]
    flags: tuple[Flag, ...] = ()
    operands: str = ""
    least: int = 0
    aliases: tuple[str, ...] = ()


OUTPUT = Flag("output", "json, yaml or table", "o", "value")
QUIET = Flag("quiet", "Only show ids", "q")
ALL = Flag("all", "All of them", "a")
IDENTITY = Flag("id", "Those whose id begins with this", "", "value")
LABEL = Flag("label", "key=value that it must have (repeatable)", "", "key=value")
LATEST = Flag("latest", "The one made last", "l")
LAST = Flag("last", "The last so many", "n", "number", "0")
WHOLE = Flag("no-trunc", "Show whole ids")
