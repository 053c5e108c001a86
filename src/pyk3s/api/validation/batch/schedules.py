"""Cron schedules: what is wrong with one, in the words in which the API answers.

Five fields (minute, hour, day of month, month, day of week), each a list of ranges with steps; or a descriptor such
as `@daily`.
"""

import re
from typing import NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
EVERY = "@every "
_is_duration = re.compile(r"[+-]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)").fullmatch


class ScheduleError(ValueError):
    """What is wrong with a schedule."""


class Bounds(NamedTuple):
    """The values that a field can have."""

    least: int
    most: int
    names: dict[str, int]


FIELDS = (
    Bounds(0, 59, {}),
    Bounds(0, 23, {}),
    Bounds(1, 31, {}),
    Bounds(1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    Bounds(0, 6, {name: number for number, name in enumerate(DAYS)}),
)


def check(schedule: str) -> None:
    """Raise ScheduleError unless schedule is well formed."""
    if not schedule:
        raise ScheduleError("empty spec string")
    if schedule.startswith("@"):
        _descriptor(schedule)
        return
    given = schedule.split()
    if len(given) != len(FIELDS):
        raise ScheduleError(f"expected exactly {len(FIELDS)} fields, found {len(given)}: [{' '.join(given)}]")
    for text, bounds in zip(given, FIELDS, strict=True):
        for part in text.split(","):
            if part:
                _range(part, bounds)


def _descriptor(schedule: str) -> None:
    if schedule in DESCRIPTORS:
        return
    if not schedule.startswith(EVERY):
        raise ScheduleError(f"unrecognized descriptor: {schedule}")
    duration = schedule.removeprefix(EVERY)
    if not _is_duration(duration):
        raise ScheduleError(f'failed to parse duration {schedule}: time: invalid duration "{duration}"')


def _range(text: str, bounds: Bounds) -> None:
    ends, *steps = text.split("/")
    first, *last = ends.split("-")
    if first in ("*", "?"):
        start, end = bounds.least, bounds.most
    else:
        start = _number(first, bounds)
        if len(last) > 1:
            raise ScheduleError(f"too many hyphens: {text}")
        end = _number(last[0], bounds) if last else start
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {text}")
    step = 1
    if steps:
        step = _integer(steps[0])
        end = end if last or first in ("*", "?") else bounds.most
    _ordered(start, end, step, text, bounds)


def _ordered(start: int, end: int, step: int, text: str, bounds: Bounds) -> None:
    if start < bounds.least:
        raise ScheduleError(f"beginning of range ({start}) below minimum ({bounds.least}): {text}")
    if end > bounds.most:
        raise ScheduleError(f"end of range ({end}) above maximum ({bounds.most}): {text}")
    if start > end:
        raise ScheduleError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")


def _number(text: str, bounds: Bounds) -> int:
    named = bounds.names.get(text.lower())
    return _integer(text) if named is None else named


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise ScheduleError(f"negative number ({number}) not allowed: {text}")
    return number
