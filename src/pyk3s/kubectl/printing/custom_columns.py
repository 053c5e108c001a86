"""`-o custom-columns=NAME:.metadata.name,...`: a table whose columns are JSONPath expressions. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.printing import jsonpath

JSON = dict[str, Any]
MISSING = "<none>"


class Column(NamedTuple):
    header: str
    path: tuple[jsonpath.Node, ...]


def parse(spec: str) -> list[Column]:
    """Columns of a specification; raises CommandError."""
    if not spec:
        raise CommandError("custom-columns format specified but no custom columns given")
    return [_column(part) for part in spec.split(",")]


def parse_file(text: str) -> list[Column]:
    """Columns of a file: a line of headers above a line of paths."""
    lines = text.split("\n")
    headers, paths = lines[0].split(), lines[1].split() if len(lines) > 1 else []
    if len(headers) != len(paths):
        raise CommandError(f"number of headers ({len(headers)}) and field specifications ({len(paths)}) don't match")
    return [_column(f"{header}:{path}") for header, path in zip(headers, paths, strict=True)]


def _column(part: str) -> Column:
    header, colon, path = part.partition(":")
    if not colon:
        raise CommandError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
    try:
        return Column(header, jsonpath.parse(jsonpath.relaxed(path)))
    except jsonpath.PathError as error:
        raise CommandError(str(error)) from error


def rows(columns: Iterable[Column], objects: Iterable[JSON], *, headers: bool) -> list[list[str]]:
    """The cells of objects, under their headers if wanted."""
    listed = list(columns)
    found = [[_cell(column, obj) for column in listed] for obj in objects]
    return [[column.header for column in listed], *found] if headers else found


def _cell(column: Column, obj: JSON) -> str:
    found = [each for each in jsonpath.results(column.path, obj)[0] if each is not None]
    return ",".join(_go(each) for each in found) or MISSING


def _go(value: Any) -> str:
    """A value as Go prints it: `map[a:1]`, `[a b]`."""
    match value:
        case dict():
            return f"map[{' '.join(f'{key}:{_go(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(_go(each) for each in value)}]"
        case None:
            return "<nil>"
    return jsonpath.shown(value)
