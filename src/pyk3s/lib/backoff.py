"""Exponential back-off as a value: no clock, no sleep; the caller waits."""

from collections.abc import Callable


class Backoff:
    """Delays growing by `factor` from `first` to `most` seconds; `jitter` adds up to that share, by `chance` (0..1)."""

    def __init__(
        self,
        first: float,
        most: float,
        *,
        factor: float = 2.0,
        jitter: float = 0.0,
        chance: Callable[[], float] = lambda: 0.0,
    ):
        self._first, self._most, self._factor = first, most, factor
        self._jitter, self._chance = jitter, chance
        self._next = first

    def next(self) -> float:
        """The delay before the next try, in seconds."""
        delay = self._next
        self._next = min(self._most, self._next * self._factor)
        return delay * (1 + self._jitter * self._chance())

    def reset(self) -> None:
        """Begin again at the first delay, after a success."""
        self._next = self._first
