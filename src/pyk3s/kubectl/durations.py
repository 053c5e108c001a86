"""Durations as Go writes and reads them: `1h30m`, `500ms`, `-1s`."""

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> float:
    """The seconds of a duration; raises ValueError in Go's words."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    if rest and re.fullmatch(r"[\d.]+", rest):
        raise ValueError(f'time: missing unit in duration "{text}"')
    total, place = 0.0, 0
    while found := _PART.match(rest, place):
        total += float(found[1]) * _SECONDS[found[2]]
        place = found.end()
    if not rest or place != len(rest):
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * total


def timeout(text: str) -> float | None:
    """Seconds of `--request-timeout`, where a bare number is seconds and zero means for ever; raises ValueError."""
    value = float(text) if re.fullmatch(r"\d+", text) else seconds(text)
    return value or None


def text(value: float) -> str:
    """Whole seconds as Go shows a duration: `1m30s`."""
    whole = int(value)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
