"""`format` of strings: a template with verbs, as the strings extension of the language defines them.

The width of what a verb makes is bounded, and the whole text is paid for by its length.
"""

import datetime
import math
import re
from collections.abc import Callable
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.evaluation import EvaluationError

MOST_DIGITS = 100
_VERB = re.compile(r"%(?:%|(\.\d+)?([A-Za-z]))|%")


def formatted(template: str, values: list[Any]) -> str:
    """The template with its verbs replaced."""
    evaluation.spend_reading(template)
    waiting = list(reversed(values))
    index = 0

    def verb(found: re.Match[str]) -> str:
        nonlocal index
        if found[0] == "%%":
            return "%"
        if not found[2]:
            raise EvaluationError("could not parse formatting clause: unexpected end of string")
        if not waiting:
            raise EvaluationError(f"index {index} out of range")
        index += 1
        made = _VERBS.get(found[2], _unknown)(waiting.pop(), found[1] or "", found[2])
        evaluation.spend(math.ceil(len(made) * evaluation.PER_CHARACTER))
        return made

    return _VERB.sub(verb, template)


def _unknown(_value: Any, _precision: str, letter: str) -> str:
    raise EvaluationError(f'could not parse formatting clause: unrecognized formatting clause "{letter}"')


def _text(value: Any, _precision: str, _letter: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case float():
            return _float(value)
        case bytes() | bytearray():
            return bytes(value).decode(errors="replace")
        case datetime.timedelta():
            return f"{value.total_seconds():f}".rstrip("0").rstrip(".") + "s"
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        case list():
            return "[" + ", ".join(_text(item, "", "s") for item in value) + "]"
        case dict():
            pairs = sorted((_text(key, "", "s"), _text(item, "", "s")) for key, item in value.items())
            return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    return str(value)


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


def _decimal(value: Any, _precision: str, letter: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
            return _float(value)
        raise _misfit(letter, "integers and floats")
    return str(value)


def _fixed(value: Any, precision: str, letter: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _misfit(letter, "doubles")
    if math.isnan(value) or math.isinf(value):
        return _float(float(value))
    digits = int(precision[1:] or 6) if precision else 6
    if digits > MOST_DIGITS:
        raise EvaluationError(f"precision {digits} is more than {MOST_DIGITS}")
    return f"{float(value):.{digits}{letter}}"


def _based(radix: str) -> Callable[[Any, str, str], str]:
    def made(value: Any, _precision: str, letter: str) -> str:
        if isinstance(value, bool) and radix == "b":
            return "1" if value else "0"
        if isinstance(value, bool) or not isinstance(value, int):
            raise _misfit(letter, "integers")
        return f"{value:{radix}}"

    return made


def _hexadecimal(value: Any, _precision: str, letter: str) -> str:
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, (bytes, bytearray)):
        return value.hex() if letter == "x" else value.hex().upper()
    if isinstance(value, bool) or not isinstance(value, int):
        raise _misfit(letter, "integers, byte buffers, and strings")
    return f"{value:{letter}}"


def _misfit(letter: str, fitting: str) -> EvaluationError:
    return EvaluationError(f"error during formatting: only {fitting} can be formatted with %{letter}")


_VERBS: dict[str, Callable[[Any, str, str], str]] = {
    "s": _text,
    "d": _decimal,
    "f": _fixed,
    "e": _fixed,
    "b": _based("b"),
    "o": _based("o"),
    "x": _hexadecimal,
    "X": _hexadecimal,
}
