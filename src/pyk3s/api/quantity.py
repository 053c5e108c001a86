"""Quantities such as `100m`, `1.5Gi` and `12e6`, exactly.

A quantity is a whole number of nanos with the notation it came in. What is finer than a nano is rounded away from
zero, what is larger than 2^63-1 is cut to that, as the Kubernetes API does. Parsing is memoised: a cluster repeats
few spellings.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

Notation = Literal["BinarySI", "DecimalSI", "DecimalExponent"]

NANOS = 10**9
MOST = (2**63 - 1) * NANOS

SYNTAX = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
MALFORMED = f"quantities must match the regular expression '{SYNTAX}'"
BAD_SUFFIX = "unable to parse quantity's suffix"
BAD_NUMBER = "unable to parse numeric part of quantity"

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}

_number = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)", re.DOTALL).fullmatch
_exponent = re.compile(r"[eE]([+-]?[0-9]+)").fullmatch
_LONGEST = 256  # characters; no honest quantity is longer
_MOST_KEPT = 4096  # readings, of either sort
_FAR = 40  # powers of ten beyond which every value is either cut or rounded to a nano


class QuantityError(ValueError):
    """The text is no quantity; the message is the API's."""


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """A number of nanos; compares by value, whatever its notation."""

    nanos: int
    notation: Notation = field(default="DecimalSI", compare=False)

    @property
    def value(self) -> int:
        """Whole units, rounded up."""
        return -(-self.nanos // NANOS)

    @property
    def milli(self) -> int:
        """Thousandths, rounded up."""
        return -(-self.nanos // (NANOS // 1000))

    @property
    def whole(self) -> bool:
        return self.nanos % NANOS == 0

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.nanos + other.nanos, self.notation if self.nanos else other.notation)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.nanos - other.nanos, self.notation if self.nanos else other.notation)

    def __neg__(self) -> "Quantity":
        return Quantity(-self.nanos, self.notation)

    def __bool__(self) -> bool:
        return self.nanos != 0

    def __str__(self) -> str:
        """The canonical spelling: no fraction, the largest suffix that keeps the value exact."""
        if self.notation == "BinarySI" and abs(self.nanos) >= 1024 * NANOS:
            return self._binary()
        return self._decimal()

    def _binary(self) -> str:
        number, power = self.value, 0
        while power < 60 and number % 1024 == 0:
            number, power = number // 1024, power + 10
        return f"{number}{_BINARY_SUFFIX[power]}"

    def _decimal(self) -> str:
        if not self.nanos:
            return "0"
        number, power = self.nanos, -9
        while power < 18 and number % 1000 == 0:
            number, power = number // 1000, power + 3
        if self.notation == "DecimalExponent":
            return f"{number}e{power}" if power else str(number)
        return f"{number}{_DECIMAL_SUFFIX[power]}"


ZERO = Quantity(0)


Read = TypeVar("Read")


class _Readings(dict[str, Read], Generic[Read]):
    """What texts were read as; forgets them all when they become too many. Raises QuantityError."""

    def __init__(self, read: Callable[[str], Read]):
        self._read = read

    def __missing__(self, text: str) -> Read:
        if len(text) > _LONGEST:
            raise QuantityError(BAD_NUMBER)
        if len(self) >= _MOST_KEPT:
            self.clear()
        found = self[text] = self._read(text)
        return found


def _parsed(text: str) -> Quantity:
    found = _number(text)
    if not text or found is None:
        raise QuantityError(MALFORMED)
    sign, whole, fraction, suffix = found.groups()
    fraction = fraction or ""
    if not whole and not fraction:
        raise QuantityError(MALFORMED)
    notation, base, power = _scale(suffix)
    digits = int(whole + fraction)
    numerator, denominator = digits * NANOS, 10 ** len(fraction)
    if base == 2:
        numerator <<= power
    elif power >= 0:
        numerator *= 10**power
    else:
        denominator *= 10**-power
    nanos = min(-(-numerator // denominator), MOST)
    if notation == "BinarySI" and 0 < nanos < NANOS:
        notation = "DecimalSI"
    return Quantity(-nanos if sign == "-" else nanos, notation)


def _scale(suffix: str) -> tuple[Notation, int, int]:
    if (power := _DECIMAL.get(suffix)) is not None:
        return "DecimalSI", 10, power
    if (power := _BINARY.get(suffix)) is not None:
        return "BinarySI", 2, power
    if exponent := _exponent(suffix):
        return "DecimalExponent", 10, max(-_FAR, min(_FAR, int(exponent.group(1)[:12])))
    raise QuantityError(MALFORMED if re.search(r"[^eEinumkKMGTP0-9+-]", suffix) else BAD_SUFFIX)


parse = _Readings(_parsed).__getitem__
"""Read a quantity; raises QuantityError."""
canonical = _Readings(lambda text: str(_parsed(text))).__getitem__
"""The canonical spelling of a quantity: `1000m` is `1`; raises QuantityError."""


def of(value: str | int | float) -> Quantity:
    """The quantity of a JSON value, which may be text or a number; raises QuantityError."""
    return parse(value if isinstance(value, str) else repr(value))


def from_int(value: int, notation: Notation = "DecimalSI") -> Quantity:
    return Quantity(value * NANOS, notation)
