"""Durations in Go's notation, such as `1h30m` or `500ms`."""

import re

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")


def seconds(text: str) -> float:
    """Raises ValueError for what is no duration."""
    parts = _PART.findall(text)
    if text != "0" and (not parts or "".join(number + unit for number, unit in parts) != text):
        raise ValueError("a duration such as 2m0s is wanted")
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
