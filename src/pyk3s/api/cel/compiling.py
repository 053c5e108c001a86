"""Expressions: compiled once, evaluated against many values.

    program = compile("self.replicas <= 5", frozenset({"self"}))
    program.evaluate({"self": {"replicas": 3}}, Budget(PER_REQUEST_LIMIT))

Values are JSON-like: dict, list, str, bool, int, float, None, and besides datetime, timedelta and objects with methods
(`functions.authorization`). Expressions of more than 32,768 characters or nested deeper than 32 are refused; a
loop of more than 10,000 steps ends with BudgetExceeded.
"""

import datetime
import functools
from collections.abc import Mapping
from typing import Any

from pyk3s.api.cel import (
    calling,
    engine,
    evaluation,
    literals,
    optionals,
    projecting,
    rewriting,
    running,
    syntax,
    wording,
)
from pyk3s.api.cel.evaluation import (
    PER_CALL_LIMIT,
    Budget,
    BudgetExceeded,
    EvaluationError,
    Meter,
)
from pyk3s.api.cel.functions import authorization
from pyk3s.api.cel.running import Plan
from pyk3s.api.cel.syntax import Checked

__all__ = ["Budget", "BudgetExceeded", "CompileError", "EvaluationError", "Program", "compile"]

KEPT_PROGRAMS = 1024
MOST_CHARACTERS = 32 * 1024
"""Of one expression: what takes about half a second to compile."""
_TIMES = (datetime.datetime, datetime.timedelta)


class CompileError(ValueError):
    """The text is no expression that could be evaluated; the message is the API's."""


class Program:
    """A checked expression, ready to run."""

    __slots__ = ("_needed", "_plans", "_serialized", "result_type", "source")

    def __init__(self, source: str, checked: Checked, serialized: bytes = b""):
        self.source = source
        self.result_type = syntax.kind(checked.types.get(checked.root.get("id", 0)) or {})
        """The word for the type: bool, string, int, list, map, ..., or dyn where it shows only when evaluated."""
        self._needed = projecting.needed(checked.root)
        self._plans = {frozenset[str](): _planned(checked, frozenset())}
        self._serialized = serialized

    def evaluate(self, variables: Mapping[str, object], budget: Budget) -> Any:
        """The value of the expression; raises EvaluationError, or BudgetExceeded."""
        given = projecting.projected(self._needed, variables)
        meter = Meter(min(budget.left, PER_CALL_LIMIT), given)
        times = []
        evaluation.begin(meter)
        try:
            meter.spend(1)
            for name, value in given.items():
                if isinstance(value, _TIMES):
                    given[name] = _as_text(value)
                    times.append(name)
                elif hasattr(value, "cel_type"):
                    given[name] = authorization.handle(value)
            return self._plan(frozenset(times)).run(given, meter)
        finally:
            evaluation.end()
            calling.release(meter)
            budget.left -= meter.spent

    def _plan(self, times: frozenset[str]) -> Plan:
        """The plan for when these variables are times or durations, which go in as texts."""
        if times not in self._plans:
            self._plans[times] = _planned(syntax.decode(self._serialized), times)
        return self._plans[times]


@functools.lru_cache(KEPT_PROGRAMS)
def compile(source: str, variables: frozenset[str]) -> Program:
    """A program over variables of any type; raises CompileError."""
    typed = ((name, authorization.VARIABLES.get(name, "dyn")) for name in sorted(variables))
    serialized = _serialized(engine.checking(tuple(typed)), source)
    return Program(source, _checked(serialized, source), serialized)


def checked_in(environment: Any, source: str) -> Checked:
    """An expression checked in an environment of `engine`; raises CompileError."""
    return _checked(_serialized(environment, source), source)


def _serialized(environment: Any, source: str) -> bytes:
    if len(source) > MOST_CHARACTERS:
        detail = f"expression code point size exceeds limit: size: {len(source)}, limit {MOST_CHARACTERS}"
        raise CompileError(f"compilation failed: {detail}")
    try:
        return bytes(environment.compile(source).serialize())
    except RuntimeError as wrong:
        raise CompileError(f"compilation failed: {wording.worded(running.without_code(str(wrong)), source)}") from wrong


def _checked(serialized: bytes, source: str) -> Checked:
    checked = syntax.decode(serialized)
    if found := literals.faults(checked) or optionals.faults(checked):
        raise CompileError(f"compilation failed: {literals.told(source, found)}")
    return checked


def _planned(checked: Checked, times: frozenset[str]) -> Plan:
    """A plan for evaluation; raises CompileError for what is nested too deeply."""
    try:
        return Plan(rewriting.rewritten(checked, times))
    except RuntimeError as wrong:
        said = running.without_code(str(wrong))
        told = "expression is nested too deeply" if said.startswith("Cannot parse") else said
        raise CompileError(f"compilation failed: ERROR: <input>:1:1: {told}") from wrong


def _as_text(value: datetime.datetime | datetime.timedelta) -> str:
    """How a time or a duration goes in."""
    if isinstance(value, datetime.timedelta):
        return f"{value.total_seconds():f}s"
    return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
