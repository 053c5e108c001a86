"""Patterns of strings in schemas: RE2, the regular expressions of the API, whose time is linear in the text.

Python's own would understand some patterns differently, and a hostile one could keep them busy for ever.
"""

import functools
from typing import Protocol


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object | None: ...


class PatternError(ValueError):
    """The text is no pattern; the message says why."""


@functools.lru_cache(512)
def compiled(pattern: str) -> Pattern:
    """A pattern, ready to search with; raises PatternError."""
    import re2  # 3 MB of memory, and few clusters have schemas with patterns

    options = re2.Options()
    options.log_errors = False
    try:
        made: Pattern = re2.compile(pattern, options=options)
    except re2.error as wrong:
        raise PatternError(_told(wrong)) from wrong
    return made


def _told(wrong: Exception) -> str:
    said = wrong.args[0] if wrong.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
