"""What differs between two objects, in a few lines for an error message."""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import fields

MOST_LINES = 20


def describe(old: Any, new: Any) -> str:
    """One line per changed field, `- path: before` and `+ path: after`, cut after 20."""
    lines = list(_lines(old, new, ""))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], "..."]
    return "\n".join(lines) + "\n"


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
        yield f"- {path}: {fields.shown(old)}"
    if new is not None:
        yield f"+ {path}: {fields.shown(new)}"
