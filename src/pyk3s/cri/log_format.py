"""Container logs as CRI runtimes write them: `2026-01-31T12:00:00.123456789Z stdout F text`, P for a part of a line.
Pure, but for reading files backwards.
"""

import datetime
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

BLOCK = 64 * 1024


class Entry(NamedTuple):
    """One line of the file. The text has a line break where the output had one, and none where a line was split."""

    stamp: bytes
    stream: bytes
    text: bytes


def parse(line: bytes) -> Entry | None:
    """An entry from a complete line of the file; None for what is not one."""
    parts = line.rstrip(b"\n").split(b" ", 3)
    if len(parts) < 3:
        return None
    stamp, stream, tag = parts[:3]
    text = parts[3] if len(parts) > 3 else b""
    whole = tag.split(b":")[0] == b"F"
    return Entry(stamp, stream, text + b"\n" if whole else text)


def stamp_seconds(stamp: bytes) -> float:
    """Seconds since 1970 of an RFC 3339 stamp with up to nanoseconds; raises ValueError."""
    text = stamp.decode()
    head, _, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    fraction, zone = rest[:digits], rest[digits:]
    whole = datetime.datetime.fromisoformat(f"{head}{zone}" if rest else text)
    return whole.timestamp() + (float(f"0.{fraction}") if fraction else 0.0)


def tail_offset(path: pathlib.Path, lines: int) -> int:
    """Where the last `lines` lines of output begin; lines that were split count once."""
    size = path.stat().st_size
    if lines <= 0:
        return size
    found, end = 0, size
    rest = b""
    with path.open("rb") as file:
        while end > 0:
            begin = max(0, end - BLOCK)
            file.seek(begin)
            chunk = file.read(end - begin) + rest
            pieces = chunk.split(b"\n")
            offset = begin + len(chunk)
            if rest == b"" and end == size and pieces[-1] == b"":
                pieces.pop()
                offset -= 1
            first = 1 if begin > 0 else 0  # the first piece may be cut: it is looked at with the block before
            for index in range(len(pieces) - 1, first - 1, -1):
                start = offset - len(pieces[index])
                entry = parse(pieces[index])
                if entry is not None and entry.text.endswith(b"\n"):
                    found += 1
                    if found > lines:
                        return offset + 1
                offset = start - 1
            rest = pieces[0] if begin > 0 else b""
            end = begin
    return 0


def tail_text(path: pathlib.Path, lines: int, most: int) -> str:
    """The last output, at most so many lines and bytes; empty where there is no log."""
    try:
        offset = tail_offset(path, lines)
        with path.open("rb") as file:
            file.seek(offset)
            text = b"".join(entry.text for entry in entries(file.read()))
    except OSError:
        return ""
    return text[-most:].decode(errors="replace")


def entries(data: bytes) -> Iterator[Entry]:
    """Every entry of complete lines."""
    for line in data.splitlines():
        if (entry := parse(line)) is not None:
            yield entry
