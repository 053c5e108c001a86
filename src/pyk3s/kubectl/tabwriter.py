"""Text in columns as Go's tabwriter lays it out, which is what every table and description of kubectl goes through.

A cell ends with a tab; a column is a run of lines that have a cell in that place, and is as wide as its widest cell.
"""

from collections.abc import Iterable, Sequence


def align(text: str, *, padding: int = 2, minimum: int = 0) -> str:
    """The text with its tabs replaced by blanks."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[] for _ in lines]
    _measure(lines, widths, 0, len(lines), 0, padding, minimum)
    return "\n".join(_line(cells, width) for cells, width in zip(lines, widths, strict=True))


def _measure(
    lines: list[list[str]], widths: list[list[int]], first: int, last: int, column: int, padding: int, minimum: int
) -> None:
    """Fill in the widths of `column` and those right of it, for the lines from `first` to before `last`."""
    place = first
    while place < last:
        if len(lines[place]) - 1 <= column:  # its last cell ends no column
            place += 1
            continue
        end = place
        while end < last and len(lines[end]) - 1 > column:
            end += 1
        widest = max(len(lines[each][column]) for each in range(place, end))
        width = max(widest + padding, minimum)
        for each in range(place, end):
            widths[each].append(width)
        _measure(lines, widths, place, end, column + 1, padding, minimum)
        place = end


def _line(cells: list[str], widths: list[int]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)) + cells[-1]


class Table:
    """Rows of equally many cells, three blanks between columns; later rows keep the widths of earlier ones."""

    MINIMUM, PADDING = 6, 3

    def __init__(self) -> None:
        self._widths: list[int] = []

    def text(self, rows: Sequence[Sequence[str]]) -> str:
        """Lines of these rows, each with its newline."""
        if not rows:
            return ""
        for column in range(len(rows[0]) - 1):
            widest = max(len(row[column]) for row in rows)
            width = max(widest + self.PADDING, self.MINIMUM)
            if column == len(self._widths):
                self._widths.append(width)
            else:
                self._widths[column] = max(self._widths[column], width)
        return "".join(self._lines(rows))

    def _lines(self, rows: Sequence[Sequence[str]]) -> Iterable[str]:
        widths = self._widths
        for row in rows:
            yield "".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)]) + row[-1] + "\n"
