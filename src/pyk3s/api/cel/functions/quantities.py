"""Quantities, exactly, and semantic versions."""

import re
from collections.abc import Callable
from typing import Any

from pyk3s.api import quantity as quantities
from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.values import VALUE, Opaque, opaque
from pyk3s.api.quantity import NANOS, Quantity

QUANTITY, SEMVER = "kubernetes.Quantity", "kubernetes.Semver"

_NUMBER = r"(?:0|[1-9]\d*)"
_is_semver = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})"
    r"(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
).fullmatch
Version = tuple[int, int, int, tuple[Any, ...]]


def _quantity(text: str) -> Quantity:
    evaluation.spend_reading(text)
    try:
        return quantities.parse(text)
    except quantities.QuantityError as wrong:
        raise EvaluationError(str(wrong)) from wrong


def quantity(text: str) -> Opaque:
    return _held(_quantity(text))


def _held(made: Quantity) -> Opaque:
    """Equal quantities are held equally, however they are spelt."""
    return opaque(QUANTITY, str(made.nanos))


def _nanos(value: Opaque | int) -> int:
    return value * NANOS if isinstance(value, int) else int(value[VALUE])


def as_integer(value: Opaque) -> int:
    nanos = _nanos(value)
    if nanos % NANOS:
        raise EvaluationError("cannot convert value to integer")
    return nanos // NANOS


def _comparing(key: Callable[[Opaque], Any], choose: Callable[[int], Any]) -> Callable[[Opaque, Opaque], Any]:
    def compared(one: Opaque, other: Opaque) -> Any:
        evaluation.spend(1)
        left, right = key(one), key(other)
        return choose((left > right) - (left < right))

    return compared


def parsed_version(text: str, *, normalize: bool = False) -> Version | None:
    """The parts of a version in the order of precedence; build metadata does not count."""
    if normalize:
        text = _normalized(text)
    found = _is_semver(text)
    if not found or any(len(number) > 20 for number in found.group(1, 2, 3)):
        return None
    labels = found[4]
    order = tuple(_identifier(label) for label in labels.split(".")) if labels else ((2,),)
    return int(found[1]), int(found[2]), int(found[3]), order


def _identifier(label: str) -> tuple[Any, ...]:
    """Numbers come before words, and any of them before the release itself."""
    return (0, len(label), label) if label.isdecimal() else (1, label)


def _normalized(text: str) -> str:
    """As forgiving as Kubernetes: a leading v, missing parts and leading zeros are let pass."""
    numbers, mark, rest = re.fullmatch(r"v?([0-9.]*)(.?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    parts = [part.lstrip("0") or "0" if part else part for part in numbers.split(".")]
    return ".".join(parts + ["0"] * (3 - len(parts))) + mark + rest


def _version(text: str, *, normalize: bool = False) -> Opaque:
    evaluation.spend_reading(text)
    if parsed_version(text, normalize=normalize) is None:
        raise EvaluationError(f'semver parse error on "{text}": it is not MAJOR.MINOR.PATCH')
    return opaque(SEMVER, _normalized(text) if normalize else text)


def semver(text: str, normalize: bool = False) -> Opaque:
    return _version(text, normalize=normalize)


def is_semver(text: str, normalize: bool = False) -> bool:
    evaluation.spend_reading(text)
    return parsed_version(text, normalize=normalize) is not None


def is_quantity(text: str) -> bool:
    try:
        _quantity(text)
    except evaluation.BudgetExceeded:
        raise
    except EvaluationError:
        return False
    return True


def _order(value: Opaque) -> Version:
    made = parsed_version(str(value[VALUE]))
    if made is None:
        raise EvaluationError("no such overload")
    return made


def _both(name: str, result: str, choose: Callable[[int], Any]) -> Function:
    """A comparison, of two quantities or two versions."""
    return method(
        name,
        overload(f"{QUANTITY} {QUANTITY}", result, _comparing(_nanos, choose)),
        overload(f"{SEMVER} {SEMVER}", result, _comparing(_order, choose)),
    )


def _added(one: Opaque, other: Opaque | int) -> Opaque:
    return _held(Quantity(_nanos(one) + _nanos(other)))


def _subtracted(one: Opaque, other: Opaque | int) -> Opaque:
    return _held(Quantity(_nanos(one) - _nanos(other)))


QUANTITIES: tuple[Function, ...] = (
    function("quantity", overload("string", QUANTITY, quantity)),
    function("isQuantity", overload("string", "bool", is_quantity)),
    method("sign", overload(QUANTITY, "int", lambda value: (_nanos(value) > 0) - (_nanos(value) < 0))),
    method("isInteger", overload(QUANTITY, "bool", lambda value: _nanos(value) % NANOS == 0)),
    method("asInteger", overload(QUANTITY, "int", as_integer)),
    method("asApproximateFloat", overload(QUANTITY, "double", lambda value: _nanos(value) / NANOS)),
    method(
        "add",
        overload(f"{QUANTITY} {QUANTITY}", QUANTITY, _added),
        overload(f"{QUANTITY} int", QUANTITY, _added),
    ),
    method(
        "sub",
        overload(f"{QUANTITY} {QUANTITY}", QUANTITY, _subtracted),
        overload(f"{QUANTITY} int", QUANTITY, _subtracted),
    ),
    _both("isGreaterThan", "bool", lambda order: order > 0),
    _both("isLessThan", "bool", lambda order: order < 0),
    _both("compareTo", "int", lambda order: order),
    function("semver", overload("string", SEMVER, semver), overload("string bool", SEMVER, semver)),
    function("isSemver", overload("string", "bool", is_semver), overload("string bool", "bool", is_semver)),
    method("major", overload(SEMVER, "int", lambda value: _order(value)[0])),
    method("minor", overload(SEMVER, "int", lambda value: _order(value)[1])),
    method("patch", overload(SEMVER, "int", lambda value: _order(value)[2])),
)
