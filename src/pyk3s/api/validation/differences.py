"""What differs between two objects, in a few lines for an error message, laid out as one hunk of a unified diff."""

import itertools
from collections.abc import Iterator
from typing import Any

from pyk3s.api import fields

MOST_LINES = 20


def describe(old: Any, new: Any) -> str:
    """One hunk, a line per changed field: `-path: before`, `+path: after`; cut after 20."""
    lines = list(itertools.islice(_lines(old, new, ""), MOST_LINES))
    removed = sum(line.startswith("-") for line in lines)
    return "\n".join([f"@@ -1,{removed} +1,{len(lines) - removed} @@", *lines]) + "\n"


def _lines(old: Any, new: Any, path: str) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _lines(old.get(key), new.get(key), f"{path}.{key}" if path else key)
        return
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _lines(before, after, f"{path}[{index}]")
        return
    if old is not None:
        yield f"-{path}: {fields.shown(old)}"
    if new is not None:
        yield f"+{path}: {fields.shown(new)}"
