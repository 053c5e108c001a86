"""Times as the Kubernetes API writes them: text out of seconds since 1970, and back. Pure."""

import datetime
import functools
import time


def rfc3339(seconds: float) -> str:
    """`2026-01-31T12:00:00Z`: metav1.Time, whole seconds, UTC."""
    return _whole_second(int(seconds // 1))


@functools.lru_cache(8)
def _whole_second(seconds: int) -> str:
    """Kept for a few seconds: every write of the same second asks for the same text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def rfc3339_micro(seconds: float) -> str:
    """`2026-01-31T12:00:00.000000Z`: metav1.MicroTime, UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> float:
    """Seconds since 1970 of a metav1.Time or MicroTime; raises ValueError."""
    return datetime.datetime.fromisoformat(text).timestamp()
