"""Expressions: compiled once, evaluated against many values.

    program = compile("self.replicas <= 5", frozenset({"self"}))
    program.evaluate({"self": {"replicas": 3}}, Budget(PER_REQUEST_LIMIT))

Values are JSON-like: dict, list, str, bool, int, float, None, and besides datetime, timedelta and objects with methods
(`functions.authorization`). Expressions of more than 100,000 characters or nested deeper than 32 are refused; loops
that take more than 10,000 steps together end with BudgetExceeded.
"""

import datetime
import functools
import re
from collections.abc import Mapping
from typing import Any

from pyk3s.api.cel import engine, literals, projecting, rewriting, syntax
from pyk3s.api.cel.evaluation import (
    PER_CALL_LIMIT,
    Budget,
    BudgetExceeded,
    EvaluationError,
    Meter,
    metered,
)
from pyk3s.api.cel.functions import authorization
from pyk3s.api.cel.syntax import Checked

__all__ = ["Budget", "BudgetExceeded", "CompileError", "EvaluationError", "Program", "compile"]

KEPT_PROGRAMS = 1024
_CODE = re.compile(r"^(?:[A-Z_]+): (.*?)(?: \[[A-Z_]+\])?$", re.DOTALL)
_STEPS_EXCEEDED = "Iteration budget exceeded"


class CompileError(ValueError):
    """The text is no expression that could be evaluated; the message is the API's."""


class Program:
    """A checked expression, ready to run."""

    __slots__ = ("_needed", "_plans", "checked", "result_type", "source")

    def __init__(self, source: str, checked: Checked, planned: Any):
        self.source = source
        self.checked = checked
        self.result_type = syntax.kind(checked.types.get(checked.root.get("id", 0)) or {})
        """The word for the type: bool, string, int, list, map, ..., or dyn where it shows only when evaluated."""
        self._needed = projecting.needed(checked.root)
        self._plans = {frozenset[str](): planned}

    def evaluate(self, variables: Mapping[str, object], budget: Budget) -> Any:
        """The value of the expression; raises EvaluationError, or BudgetExceeded."""
        given = projecting.projected(self._needed, variables)
        meter = Meter(min(budget.left, PER_CALL_LIMIT), given)
        meter.spend(1)
        with metered(meter):
            times = {name: made for name, value in given.items() if (made := _as_text(value))}
            for name, value in given.items():
                if hasattr(value, "cel_type"):
                    given[name] = authorization.handle(value)
            try:
                return self._evaluated(self._plan(frozenset(times)), {**given, **times}, meter)
            finally:
                budget.left -= meter.spent

    def _plan(self, times: frozenset[str]) -> Any:
        """The plan for when these variables are times, which go in as texts."""
        if times not in self._plans:
            self._plans[times] = planned(self.checked, times)
        return self._plans[times]

    def _evaluated(self, plan: Any, given: dict[str, Any], meter: Meter) -> Any:
        try:
            value = plan.eval(data=given)
            failed = value.type().name() == "ERROR"
            made = value.value() if failed else value.plain_value()
        except (RuntimeError, TypeError, OverflowError, ValueError) as wrong:
            failed, made = True, str(wrong)
        if meter.exceeded or (failed and _STEPS_EXCEEDED in str(made)):
            raise BudgetExceeded
        if failed:
            raise EvaluationError(told(str(made)))
        return bytes(made) if isinstance(made, bytearray) else made


@functools.lru_cache(KEPT_PROGRAMS)
def compile(source: str, variables: frozenset[str]) -> Program:
    """A program over variables of any type; raises CompileError."""
    typed = ((name, authorization.VARIABLES.get(name, "dyn")) for name in sorted(variables))
    return program(source, checked_in(engine.checking(tuple(typed)), source))


def program(source: str, checked: Checked) -> Program:
    """A program out of a checked expression; raises CompileError for one that is nested too deeply."""
    return Program(source, checked, planned(checked))


def checked_in(environment: Any, source: str) -> Checked:
    """An expression checked in an environment of `engine`; raises CompileError."""
    try:
        checked = syntax.decode(environment.compile(source).serialize())
    except RuntimeError as wrong:
        raise CompileError(f"compilation failed: {_worded(_without_code(str(wrong)))}") from wrong
    if found := literals.faults(checked):
        raise CompileError(f"compilation failed: {literals.told(source, found)}")
    return checked


_WORDS = (
    (
        re.compile(r"expression of type '(.*?)' cannot be the operand of a select operation"),
        r"type '\1' does not support field selection",
    ),
    (re.compile(r"undefined field '(.*?)' not found in struct '.*?'"), r"undefined field '\1'"),
)


def _worded(message: str) -> str:
    """The complaints of the checker in the words that the API has for them."""
    for pattern, words in _WORDS:
        message = pattern.sub(words, message)
    return message


def planned(checked: Checked, times: frozenset[str] = frozenset()) -> Any:
    """A plan for evaluation; raises CompileError for what is nested too deeply."""
    try:
        return engine.evaluating().deserialize(syntax.encode(rewriting.rewritten(checked, times)))
    except RuntimeError as wrong:
        said = _without_code(str(wrong))
        told = "expression is nested too deeply" if said.startswith("Cannot parse") else said
        raise CompileError(f"compilation failed: ERROR: <input>:1:1: {told}") from wrong


def _as_text(value: object) -> str:
    """How a time or a duration goes in; empty for any other value."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return f"{value.total_seconds():f}s" if isinstance(value, datetime.timedelta) else ""


def _without_code(message: str) -> str:
    found = _CODE.match(message)
    return found[1] if found else message


_TOLD = (
    (re.compile(r'Key not found in map : "?(.*?)"?$', re.DOTALL), r"no such key: \1"),
    (re.compile(r"Index error: index=(-?\d+).*"), r"index out of bounds: \1"),
    (re.compile(r"No matching overloads found.*", re.DOTALL), "no such overload"),
    (re.compile(r"divide by zero"), "division by zero"),
)


def told(message: str) -> str:
    """The message of a failed evaluation, in the words of the API."""
    message = _without_code(message)
    for pattern, words in _TOLD:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    return message
