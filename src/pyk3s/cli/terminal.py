"""The one place that writes to the terminal: what was asked for to standard output, complaints to standard error."""

import sys
from collections.abc import Sequence


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells in columns, the first row being the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def complain(text: str) -> None:
    """One line, whatever the text was made of."""
    sys.stderr.write(f"k3s: {' '.join(text.split())}\n")
