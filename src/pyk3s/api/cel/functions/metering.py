"""What rewritten expressions call to pay for the work of the library, and functions that pay in place of its own."""

from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.functions import comparing, lists, strings

PER_WEIGHT = 1 / 2000
"""Units per weight that one operation of the library may have to go through."""


PER_LETTER = 1 / 500
"""Units per character of the longest text."""


def pay(spread: float) -> bool:
    """Pay for an operation that may go through everything that the expression was given, `spread` times."""
    meter = evaluation.current()
    meter.spend(1 + int(min(meter.weight() * spread * PER_WEIGHT, evaluation.PER_REQUEST_LIMIT)))
    return True


def pay_text() -> bool:
    """Pay for an operation that may go through a text."""
    meter = evaluation.current()
    meter.spend(1 + int(meter.longest() * PER_LETTER))
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


def moment(text: str) -> str:
    """A date is the moment at which it begins."""
    return f"{text}T00:00:00Z" if len(text) == 10 else text


def as_bytes(value: str | bytes) -> bytes:
    return strings.decode(value) if isinstance(value, str) else bytes(value)


def same_set(one: list[Any], other: list[Any]) -> bool:
    """Equality of lists whose order does not count."""
    return len(one) == len(other) and lists.equivalent(one, other)


def joined_set(one: list[Any], other: list[Any]) -> list[Any]:
    lists.pay_pairs(one, other)
    return one + [item for item in other if not any(comparing.equal(item, each) for each in one)]


def same_map(one: list[Any], other: list[Any], keys: list[str]) -> bool:
    """Equality of lists whose items are known by their keys."""
    found = _by_keys(other, keys)
    mine = _by_keys(one, keys)
    return mine.keys() == found.keys() and all(comparing.equal(item, found[key]) for key, item in mine.items())


def joined_map(one: list[Any], other: list[Any], keys: list[str]) -> list[Any]:
    """Items of the second in the place of those of the first with their keys, new ones at the end."""
    return list({**_by_keys(one, keys), **_by_keys(other, keys)}.values())


def _by_keys(items: list[Any], keys: list[str]) -> dict[tuple[str, ...], Any]:
    evaluation.spend(1 + len(items))
    return {tuple(repr(item.get(key)) for key in keys): item for item in items if isinstance(item, dict)}


def inner(number: int, values: list[Any]) -> Any:
    """A loop within a loop, evaluated by itself."""
    evaluate = evaluation.current().inner
    if evaluate is None:
        raise EvaluationError("no such overload")
    return evaluate(number, values)


def insert(into: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    evaluation.spend(1 + len(into))
    return {**into, key: value}


METERING: tuple[Function, ...] = (
    function("pay", overload("double", "bool", pay)),
    function("pay_text", overload("", "bool", pay_text)),
    function("afford", overload("", "bool", afford)),
    function("pay_steps", overload("int int", "bool", pay_steps)),
    function("pay_growth", overload("int", "bool", pay_growth)),
    function(
        "concatenate", overload("string string", "string", concatenate), overload("bytes bytes", "bytes", concatenate)
    ),
    function("contains", overload("string string", "bool", contains)),
    function("matches", overload("string string", "bool", strings.matches)),
    function("moment", overload("string", "string", moment)),
    function("bytes", overload("string", "bytes", as_bytes), overload("bytes", "bytes", as_bytes)),
    function("same_set", overload("list<dyn> list<dyn>", "bool", same_set)),
    function("joined_set", overload("list<dyn> list<dyn>", "list<dyn>", joined_set)),
    function("same_map", overload("list<dyn> list<dyn> list<string>", "bool", same_map)),
    function("joined_map", overload("list<dyn> list<dyn> list<string>", "list<dyn>", joined_map)),
    function("inner", overload("int list<dyn>", "dyn", inner)),
    function("insert", overload("map<dyn,dyn> dyn dyn", "map<dyn,dyn>", insert)),
)
