"""How long certificates live, and which of them are due for renewal. Loads no X.509 library."""

import datetime
import math
import pathlib
from collections.abc import Iterable
from typing import NamedTuple

from pyk3s.pki import facts

CA_LIFE = datetime.timedelta(days=3650)
EARLIEST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)  # no build of this program has run before
CLOCK_SKEW = datetime.timedelta(hours=1)  # a certificate is valid from this long before it is made


class Lifetimes(NamedTuple):
    """How long leaves live, and how close to its end one is renewed: a year and 120 days, as in K3s."""

    leaf: datetime.timedelta = datetime.timedelta(days=365)
    window: datetime.timedelta = datetime.timedelta(days=120)


USUAL = Lifetimes()


class Span(NamedTuple):
    """From when until when a certificate holds, in seconds since 1970."""

    begin: float
    end: float


def is_due(leaf: Span, authority_end: float, now: float, window: datetime.timedelta) -> bool:
    """Whether a leaf must be made anew: it does not hold now, or is near an end that its authority would let move."""
    if not leaf.begin <= now < leaf.end:
        return True
    return now >= leaf.end - window.total_seconds() and leaf.end < authority_end


def due(files: Iterable[pathlib.Path], now: float, lifetimes: Lifetimes = USUAL) -> list[pathlib.Path]:
    """Those certificate files whose leaf must be renewed at `now`, in seconds since 1970; missing ones are."""
    return [path for path in files if _is_due(path, now, lifetimes.window)]


def _is_due(path: pathlib.Path, now: float, window: datetime.timedelta) -> bool:
    try:
        leaf, *authorities = facts.read_file(path)
    except (facts.CertificateError, FileNotFoundError):
        return True
    last = authorities[0].not_after if authorities else math.inf
    return is_due(Span(leaf.not_before, leaf.not_after), last, now, window)
