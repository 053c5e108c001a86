"""Lists: order, sum, extremes, positions; and sets, which are lists whose order and repetitions do not count."""

import datetime
import itertools
import math
from collections.abc import Callable
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, Overload, function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.functions.comparing import equal

ORDERED = ("int", "uint", "double", "bool", "string", "bytes", "duration", "timestamp")
ADDED = ("int", "uint", "double", "duration")
LARGEST = 2**63 - 1


def _pay(items: list[Any]) -> None:
    """One per item, and a tenth per character of those that are texts."""
    characters = sum(len(item) for item in items if isinstance(item, (str, bytes, bytearray, list, dict)))
    evaluation.spend(len(items) + math.ceil(characters * evaluation.PER_CHARACTER))


def is_sorted(items: list[Any]) -> bool:
    _pay(items)
    return all(one <= other for one, other in itertools.pairwise(items))


def total(items: list[Any]) -> Any:
    """The sum; of durations as a text, from which the expression makes one."""
    _pay(items)
    if not items:
        return 0
    made = items[0]
    for item in items[1:]:
        made = made + item
    if isinstance(made, int) and abs(made) > LARGEST:
        raise EvaluationError("integer overflow")
    return f"{made.total_seconds():f}s" if isinstance(made, datetime.timedelta) else made


def _extreme(name: str, choose: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def chosen(items: list[Any]) -> int:
        _pay(items)
        if not items:
            raise EvaluationError(f"{name} called on empty list")
        return items.index(choose(items))

    return chosen


def first_index(items: list[Any], wanted: Any) -> int:
    _pay(items)
    return next((index for index, item in enumerate(items) if equal(item, wanted)), -1)


def last_index(items: list[Any], wanted: Any) -> int:
    _pay(items)
    return next((index for index in range(len(items) - 1, -1, -1) if equal(items[index], wanted)), -1)


def _of_each(kinds: tuple[str, ...], call: Callable[..., Any]) -> list[Overload]:
    return [overload(f"list<{kind}>", kind, call) for kind in kinds]


def pay_pairs(one: list[Any], other: list[Any]) -> None:
    """Pay for comparing every item of one with every item of the other."""
    evaluation.spend(1 + len(one) * len(other))
    _pay(one)
    _pay(other)


def contains(one: list[Any], other: list[Any]) -> bool:
    """Whether the first has every item of the second."""
    pay_pairs(one, other)
    return all(any(equal(item, each) for each in one) for item in other)


def intersects(one: list[Any], other: list[Any]) -> bool:
    pay_pairs(one, other)
    return any(equal(item, each) for item in one for each in other)


def equivalent(one: list[Any], other: list[Any]) -> bool:
    return contains(one, other) and contains(other, one)


LISTS: tuple[Function, ...] = (
    method("isSorted", *(overload(f"list<{kind}>", "bool", is_sorted) for kind in ORDERED)),
    method("sum", *_of_each(ADDED, total)),
    method("min", *_of_each(ORDERED, _extreme("min", min)), chosen=True),
    method("max", *_of_each(ORDERED, _extreme("max", max)), chosen=True),
    method("indexOf", overload("list<dyn> dyn", "int", first_index)),
    method("lastIndexOf", overload("list<dyn> dyn", "int", last_index)),
    function("sets.contains", overload("list<dyn> list<dyn>", "bool", contains)),
    function("sets.intersects", overload("list<dyn> list<dyn>", "bool", intersects)),
    function("sets.equivalent", overload("list<dyn> list<dyn>", "bool", equivalent)),
)
