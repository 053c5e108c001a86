"""What one evaluation may cost, and how it fails.

Costs are counted in Kubernetes' units: about one per step, a tenth per character looked at. The functions of an
expression pay into the meter of the evaluation that is under way; there is one at a time, evaluation never waits.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

PER_CALL_LIMIT = 1_000_000
"""What one expression may cost."""
PER_REQUEST_LIMIT = 10_000_000
"""What all rules, or all policies, of one request may cost together."""
PER_CHARACTER = 0.1
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

    __slots__ = ("_given", "exceeded", "failure", "left", "lent", "objects", "spent", "variables")

    def __init__(self, limit: int, variables: Mapping[str, Any]):
        self.left = limit
        self.spent = 0
        self.exceeded = False
        self.variables = variables
        self.objects: list[Any] = []
        self.failure: EvaluationError | None = None
        """Why the last call that failed did."""
        self.lent: list[Any] = []
        """What has gone through calls, see `calling`."""
        self._given = -1

    def weight(self) -> int:
        """Characters and values that an expression can reach: what it was given, and texts it has made and paid for."""
        if self._given < 0:
            self._given = sum(map(_weight, self.variables.values()))
        return self._given + int(self.spent / PER_CHARACTER)

    def spend(self, cost: int) -> None:
        """Pay, or raise BudgetExceeded. An expression may swallow what is raised; `exceeded` remembers."""
        self.spent += cost
        if self.exceeded or self.spent > self.left:
            self.exceeded = True
            raise BudgetExceeded


def _weight(value: Any) -> int:
    match value:
        case str() | bytes():
            return 1 + len(value)
        case Mapping():
            return 1 + sum(len(str(key)) + _weight(member) for key, member in value.items())
        case list():
            return 1 + sum(map(_weight, value))
    return 1


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
