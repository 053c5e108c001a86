"""Reads container logs for the API: options as `kubectl logs` has them, follow without polling faster than needed.

A followed log is looked at four times a second while somebody follows it. Rotated files (`N.log.<stamp>`) are read
before the present one when the whole log is wanted; a rotation while following is noticed by the file's identity.
"""

import asyncio
import os
import pathlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from pyk3s.cri import log_format
from pyk3s.lib import clock, timestamps

FOLLOW_SECONDS = 0.25
READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What is wanted of a log."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since: float | None = None  # seconds since 1970
    limit_bytes: int | None = None
    streams: tuple[bytes, ...] = (b"stdout", b"stderr")


class BadOption(ValueError):
    """A query parameter that cannot be understood."""


def options(query: Mapping[str, str], now: float) -> LogOptions:
    """From the query of a request; raises BadOption."""
    since = None
    if text := query.get("sinceTime"):
        try:
            since = timestamps.parse_rfc3339(text)
        except ValueError as error:
            raise BadOption(f"sinceTime {text!r} is no time") from error
    elif "sinceSeconds" in query:
        since = now - _number(query, "sinceSeconds")
    chosen = {"Stdout": (b"stdout",), "Stderr": (b"stderr",)}
    return LogOptions(
        follow=_switch(query, "follow"),
        previous=_switch(query, "previous"),
        timestamps=_switch(query, "timestamps"),
        tail_lines=_number(query, "tailLines") if "tailLines" in query else None,
        since=since,
        limit_bytes=_number(query, "limitBytes") if "limitBytes" in query else None,
        streams=chosen.get(query.get("stream", ""), (b"stdout", b"stderr")),
    )


def _switch(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _number(query: Mapping[str, str], name: str) -> int:
    try:
        return int(query[name])
    except ValueError as error:
        raise BadOption(f"{name} {query[name]!r} is no number") from error


def files_of(path: pathlib.Path) -> list[pathlib.Path]:
    """A log with its rotated predecessors, oldest first; packed ones are left out."""
    rotated = [each for each in path.parent.glob(f"{path.name}.*") if each.suffix != ".gz"]
    return [*sorted(rotated), *([path] if path.exists() else [])]


class Filter:
    """Chooses and renders entries; counts what it lets through."""

    def __init__(self, wanted: LogOptions):
        self._wanted = wanted
        self._left = wanted.limit_bytes
        self._fresh = True  # whether the next text begins a line

    @property
    def full(self) -> bool:
        return self._left is not None and self._left <= 0

    def render(self, data: bytes) -> bytes:
        """The text to send for complete lines of the file."""
        made = b"".join(self._shown(entry) for entry in log_format.entries(data))
        if self._left is not None:
            made = made[: self._left]
            self._left -= len(made)
        return made

    def _shown(self, entry: log_format.Entry) -> bytes:
        wanted = self._wanted
        if entry.stream not in wanted.streams:
            return b""
        if wanted.since is not None and log_format.stamp_seconds(entry.stamp) < wanted.since:
            return b""
        stamp = entry.stamp + b" " if wanted.timestamps and self._fresh else b""
        self._fresh = entry.text.endswith(b"\n")
        return stamp + entry.text


async def read(
    path: pathlib.Path, wanted: LogOptions, *, running: Callable[[], bool], time: clock.Clock
) -> AsyncIterator[bytes]:
    """The chosen part of a log in chunks; with `follow`, until `running()` is false and all is read."""
    chosen = Filter(wanted)
    sources = files_of(path)
    if wanted.tail_lines is not None:
        sources = sources[-1:]
    for source in sources[:-1]:
        async for chunk in _whole(source, chosen):
            yield chunk
    if not sources:
        return
    start = 0 if wanted.tail_lines is None else log_format.tail_offset(sources[-1], wanted.tail_lines)
    async for chunk in _present(sources[-1], start, chosen, wanted, running=running, time=time):
        yield chunk


async def _whole(source: pathlib.Path, chosen: Filter) -> AsyncIterator[bytes]:
    with source.open("rb") as file:
        while not chosen.full and (lines := file.readlines(READ_BYTES)):
            if made := chosen.render(b"".join(lines)):
                yield made
            await asyncio.sleep(0)  # others may go on between blocks


async def _present(
    path: pathlib.Path,
    start: int,
    chosen: Filter,
    wanted: LogOptions,
    *,
    running: Callable[[], bool],
    time: clock.Clock,
) -> AsyncIterator[bytes]:
    file = path.open("rb")
    file.seek(start)
    try:
        while not chosen.full:
            alive = wanted.follow and running()
            read = file.read(READ_BYTES)
            complete = read.rfind(b"\n") + 1
            file.seek(complete - len(read), 1)
            if made := chosen.render(read[:complete]):
                yield made
            if complete:
                await asyncio.sleep(0)
                continue
            if not alive:
                return
            if _replaced(path, file.fileno()):
                file.close()
                file = path.open("rb")
                continue
            await time.sleep(FOLLOW_SECONDS)
    finally:
        file.close()


def _replaced(path: pathlib.Path, descriptor: int) -> bool:
    """Whether the log was rotated away under its reader."""
    try:
        present = path.stat()
    except FileNotFoundError:
        return False
    return present.st_ino != os.fstat(descriptor).st_ino
