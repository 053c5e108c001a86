"""What one evaluation may cost, and how it fails.

Costs are counted in Kubernetes' units: about one per step, a tenth per character looked at. The functions of an
expression pay into the meter of the evaluation that is under way; there is one at a time, evaluation never waits.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

PER_CALL_LIMIT = 1_000_000
"""What one expression may cost."""
PER_REQUEST_LIMIT = 10_000_000
"""What all rules, or all policies, of one request may cost together."""
PER_CHARACTER = 0.1
PER_VALUE = 10  # characters that take as long as a value
PER_COPIED = 64  # characters that are copied for one unit
PER_PATTERN_CHARACTER = 0.25


class EvaluationError(Exception):
    """An expression has no value; the message says why."""


class BudgetExceeded(EvaluationError):
    """An expression cost more than it may."""

    def __init__(self, message: str = "operation cancelled: actual cost limit exceeded"):
        super().__init__(message)


class Budget:
    """What is left to the expressions of one request."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = PER_REQUEST_LIMIT):
        self.limit = limit
        self.left = limit


class Meter:
    """The costs of one evaluation, and the objects with methods that it has been given."""

    __slots__ = (
        "_given",
        "_longest",
        "exceeded",
        "failure",
        "inner",
        "left",
        "lent",
        "made",
        "objects",
        "spent",
        "variables",
    )

    def __init__(self, limit: int, variables: Mapping[str, Any]):
        self.left = limit
        self.spent = 0
        self.made = 0
        """The weight of what functions have made."""
        self.exceeded = False
        self.variables = variables
        self.objects: list[Any] = []
        self.failure: EvaluationError | None = None
        """Why the last call that failed did."""
        self.inner: Callable[[int, list[Any]], Any] | None = None
        """What evaluates loops by themselves, see `splitting`."""
        self.lent: list[Any] = []
        """What has gone through calls, see `calling`."""
        self._given = self._longest = -1

    def weight(self) -> int:
        """How much an expression can reach: what it was given, and what functions have made."""
        if self._given < 0:
            self._given = sum(map(weight, self.variables.values()))
        return self._given + self.made

    def longest(self) -> int:
        """The length that no text which an expression can reach exceeds."""
        if self._longest < 0:
            self._longest = max(map(longest, self.variables.values()), default=0)
        return max(self._longest, self.made)

    def spend(self, cost: int) -> None:
        """Pay, or raise BudgetExceeded. An expression may swallow what is raised; `exceeded` remembers."""
        self.spent += cost
        if self.exceeded or self.spent > self.left:
            self.exceeded = True
            raise BudgetExceeded


def weight(value: Any) -> int:
    """What it takes to go through a value: one for each character, PER_VALUE for each value."""
    match value:
        case str() | bytes():
            return PER_VALUE + len(value)
        case Mapping():
            return PER_VALUE + sum(len(str(key)) + weight(member) for key, member in value.items())
        case list():
            return PER_VALUE + sum(map(weight, value))
    return PER_VALUE


def longest(value: Any) -> int:
    """The length of the longest text in a value."""
    match value:
        case str() | bytes():
            return len(value)
        case Mapping():
            return max((max(len(str(key)), longest(member)) for key, member in value.items()), default=0)
        case list():
            return max(map(longest, value), default=0)
    return 0


_running: list[Meter] = []


def begin(meter: Meter) -> None:
    """What runs from now on pays into this meter."""
    _running.append(meter)


def end() -> None:
    """What runs from now on pays into the meter before."""
    _running.pop()


def current() -> Meter:
    return _running[-1]


def spend(cost: int) -> None:
    """Pay for work about to be done; raises BudgetExceeded."""
    _running[-1].spend(cost)


def spend_copying(values: Iterable[Any]) -> None:
    """Pay for handing values to a function."""
    _running[-1].spend(sum(len(value) for value in values if isinstance(value, (str, bytes))) // PER_COPIED)


def spend_reading(*texts: Any, times: float = 1) -> None:
    """Pay for going through texts or lists."""
    _running[-1].spend(math.ceil(sum(map(len, texts)) * PER_CHARACTER * times))
