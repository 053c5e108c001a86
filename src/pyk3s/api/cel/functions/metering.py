"""What rewritten expressions call to pay for the work of the library, and functions that pay in place of its own."""

import math
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, overload
from pyk3s.api.cel.functions import strings

PER_WEIGHT = 1 / 1000
"""Units per character or value that one operation of the library may have to go through."""


def pay(spread: float) -> bool:
    """Pay for an operation that may go through everything that the expression was given, `spread` times."""
    meter = evaluation.current()
    meter.spend(1 + math.ceil(min(meter.weight() * spread * PER_WEIGHT, evaluation.PER_REQUEST_LIMIT)))
    return True


def afford() -> bool:
    """Whether there is anything left to pay with."""
    evaluation.spend(0)
    return True


def pay_steps(count: int, each: int) -> bool:
    """Pay for going through `count` items at a cost."""
    evaluation.spend(1 + count * each)
    return True


def pay_growth(size: int) -> bool:
    """Pay for a list that was just made longer."""
    evaluation.spend_reading(range(size))
    return True


def concatenate(one: Any, other: Any) -> Any:
    evaluation.spend_reading(one, other)
    return one + other


def contains(text: str, wanted: str) -> bool:
    evaluation.spend_reading(text)
    return wanted in text


def insert(into: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    evaluation.spend(1 + len(into))
    return {**into, key: value}


METERING: tuple[Function, ...] = (
    function("pay", overload("double", "bool", pay)),
    function("afford", overload("", "bool", afford)),
    function("pay_steps", overload("int int", "bool", pay_steps)),
    function("pay_growth", overload("int", "bool", pay_growth)),
    function(
        "concatenate", overload("string string", "string", concatenate), overload("bytes bytes", "bytes", concatenate)
    ),
    function("contains", overload("string string", "bool", contains)),
    function("matches", overload("string string", "bool", strings.matches)),
    function("insert", overload("map<dyn,dyn> dyn dyn", "map<dyn,dyn>", insert)),
)
