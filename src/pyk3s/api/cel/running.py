"""Plans: expressions as the library runs them, and what comes out of that: a value, an error, the end of the budget."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pyk3s.api.cel import engine, splitting, syntax
from pyk3s.api.cel.evaluation import BudgetExceeded, EvaluationError, Meter
from pyk3s.api.cel.syntax import Node

_REFUSALS = (RuntimeError, SystemError, TypeError, OverflowError, ValueError)
"""What the library raises for values that it cannot take in or hand out."""
_STEPS_EXCEEDED = "Iteration budget exceeded"
_FAILED_CALL = "value type for 'Python function"
_CODE = re.compile(r"^(?:[A-Z_]+): (.*?)(?: \[[A-Z_]+\])?$", re.DOTALL)
_TOLD = (
    (
        re.compile(r".*(Unable to convert function return|returned a result with an).*", re.DOTALL),
        "no value to give back",
    ),
    (re.compile(r'Key not found in map : "?(.*?)"?$', re.DOTALL), r"no such key: \1"),
    (re.compile(r"Index error: index=(-?\d+).*"), r"index out of bounds: \1"),
    (re.compile(r"No matching overloads found.*", re.DOTALL), "no such overload"),
    (re.compile(r"divide by zero"), "division by zero"),
)


class Plan:
    """One expression, planned; raises RuntimeError for one that the library refuses to plan."""

    __slots__ = ("_loops", "_native", "_split")

    def __init__(self, root: Node):
        encoded = syntax.encode(root)
        self._native = engine.evaluating().deserialize(encoded)
        self._loops = encoded if splitting.is_nested(root) else b""
        self._split: tuple[Any, list[tuple[Any, tuple[str, ...]]]] | None = None

    def run(self, given: Mapping[str, Any], meter: Meter) -> Any:
        """The value; raises EvaluationError, or BudgetExceeded."""
        made, failed = _evaluated(self._native, given)
        if failed and self._loops and _STEPS_EXCEEDED in made and not meter.exceeded:
            meter.spent = 1  # begun anew; the library saw to it that not much was lost
            made, failed = self._run_split(given, meter)
        if failed or meter.exceeded:
            _fail(made, meter)
        return bytes(made) if isinstance(made, bytearray) else made

    def _run_split(self, given: Mapping[str, Any], meter: Meter) -> tuple[Any, bool]:
        """The same, with more steps: every loop within a loop has its own."""
        if self._split is None:
            outer, parts = splitting.split(syntax.decode(self._loops).root)
            plan = engine.evaluating().deserialize
            self._split = plan(syntax.encode(outer)), [(plan(syntax.encode(each.root)), each.names) for each in parts]
        outer, planned = self._split

        def inner(number: int, values: list[Any]) -> Any:
            part, names = planned[number]
            made, failed = _evaluated(part, {**given, **dict(zip(names, values, strict=True))})
            if failed or meter.exceeded:
                _fail(made, meter)
            return made

        meter.inner = inner
        return _evaluated(outer, given)


def _evaluated(plan: Any, given: Mapping[str, Any]) -> tuple[Any, bool]:
    """What came out, and whether that is the text of an error."""
    try:
        value = plan.eval(data=given)
        failed = value.type().name() == "ERROR"
        return (str(value.value()), True) if failed else (value.plain_value(), False)
    except _REFUSALS as wrong:
        return str(wrong), True


def _fail(message: Any, meter: Meter) -> NoReturn:
    if meter.exceeded or _STEPS_EXCEEDED in message:
        meter.exceeded = True
        raise BudgetExceeded
    if _FAILED_CALL in message and meter.failure is not None:
        raise meter.failure
    raise EvaluationError(_told(message))


def _told(message: str) -> str:
    """The message of a failed evaluation, in the words of the API."""
    message = without_code(message)
    for pattern, words in _TOLD:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    return message


def without_code(message: str) -> str:
    """A message of the library without its codes."""
    found = _CODE.match(message)
    return found[1] if found else message
