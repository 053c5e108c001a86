"""Cron schedules: what is wrong with one, in the words in which the API answers, and when the next time is.

Five fields (minute, hour, day of month, month, day of week), each a list of ranges with steps; or a descriptor such
as `@daily`. Where day of month and day of week are both restricted, a day that fits either counts, as in every cron.
"""

import datetime
import re
from typing import NamedTuple

from pyk3s.lib import durations

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
EVERY = "@every "
HORIZON = datetime.timedelta(days=5 * 366)  # no day fits within that: none ever does, such as 30 February
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


class Schedule(NamedTuple):
    """When something is due: the values of the five fields, or a fixed distance in seconds."""

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    week_days: frozenset[int] = frozenset()
    either_day: bool = False  # days and week days are both restricted
    every_s: float = 0.0


def check(schedule: str) -> None:
    """Raise ScheduleError unless schedule is well formed."""
    parse(schedule)


def parse(schedule: str) -> Schedule:
    """Take a schedule apart; raises ScheduleError."""
    if not schedule:
        raise ScheduleError("empty spec string")
    if schedule.startswith("@"):
        return _descriptor(schedule)
    given = schedule.split()
    if len(given) != len(FIELDS):
        raise ScheduleError(f"expected exactly {len(FIELDS)} fields, found {len(given)}: [{' '.join(given)}]")
    minutes, hours, days, months, week_days = (
        frozenset(value for part in text.split(",") if part for value in _range(part, bounds))
        for text, bounds in zip(given, FIELDS, strict=True)
    )
    return Schedule(minutes, hours, days, months, week_days, not any(given[at].startswith(("*", "?")) for at in (2, 4)))


def next_after(schedule: Schedule, seconds: float, zone: datetime.tzinfo | None = None) -> float | None:
    """The first time after `seconds` since 1970, on the clock of `zone` (None: the machine's); None if there is none.

    A time that a change of clocks skips is taken as the clock then stands; one that it repeats comes once.
    """
    if schedule.every_s:
        return float(int(seconds) + max(1, int(schedule.every_s)))
    now = datetime.datetime.fromtimestamp(seconds, zone)
    at = now.replace(tzinfo=None, fold=0, second=0, microsecond=0) + datetime.timedelta(minutes=1)
    end = at + HORIZON
    while at < end:
        if at.month not in schedule.months or not _fits_day(schedule, at):
            at = at.replace(hour=0, minute=0) + datetime.timedelta(days=1)
        elif at.hour not in schedule.hours:
            at = at.replace(minute=0) + datetime.timedelta(hours=1)
        elif at.minute not in schedule.minutes or (found := at.replace(tzinfo=zone).timestamp()) <= seconds:
            at += datetime.timedelta(minutes=1)
        else:
            return found
    return None


def _fits_day(schedule: Schedule, at: datetime.datetime) -> bool:
    of_month, of_week = at.day in schedule.days, at.isoweekday() % 7 in schedule.week_days
    return of_month or of_week if schedule.either_day else of_month and of_week


def _descriptor(schedule: str) -> Schedule:
    if fields := DESCRIPTORS.get(schedule):
        return parse(fields)
    if not schedule.startswith(EVERY):
        raise ScheduleError(f"unrecognized descriptor: {schedule}")
    duration = schedule.removeprefix(EVERY)
    if not _is_duration(duration):
        raise ScheduleError(f'failed to parse duration {schedule}: time: invalid duration "{duration}"')
    passed = 0.0 if duration.startswith("-") else durations.seconds(duration.removeprefix("+").replace("μ", "µ"))
    return Schedule(every_s=max(1.0, passed))


def _range(text: str, bounds: Bounds) -> range:
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
    return range(start, end + 1, step)


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
