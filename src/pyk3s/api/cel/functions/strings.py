"""Strings: positions, parts, replacement, joining, letters; regular expressions in RE2; base64.

Positions count code points. `format` knows the verbs of the strings extension: s, d, f, e, b, o, x and X.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any

from pyk3s.api.cel import evaluation
from pyk3s.api.cel.declarations import Function, function, method, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.functions.formatting import formatted
from pyk3s.api.validation.customresources import patterns

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TO_LOWER = str.maketrans(_UPPER, _UPPER.lower())
_TO_UPPER = str.maketrans(_UPPER.lower(), _UPPER)
_BLANKS = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


def _position(text: str, index: int) -> int:
    if not 0 <= index <= len(text):
        raise EvaluationError(f"index out of range: {index}")
    return index


def char_at(text: str, index: int) -> str:
    at = _position(text, index)
    return text[at : at + 1]


def index_of(text: str, wanted: str, start: int = 0) -> int:
    evaluation.spend_reading(text)
    return text.find(wanted, _position(text, start))


def last_index_of(text: str, wanted: str, end: int | None = None) -> int:
    evaluation.spend_reading(text)
    if end is None:
        return text.rfind(wanted)
    return text.rfind(wanted, 0, _position(text, end) + len(wanted))


def substring(text: str, start: int, end: int | None = None) -> str:
    evaluation.spend_reading(text)
    stop = len(text) if end is None else _position(text, end)
    if _position(text, start) > stop:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {stop}")
    return text[start:stop]


def replace(text: str, old: str, new: str, most: int = -1) -> str:
    count = text.count(old) if most < 0 else min(text.count(old), most)
    evaluation.spend_reading(text, times=2)
    evaluation.spend(math.ceil(count * len(new) * evaluation.PER_CHARACTER))
    return text.replace(old, new, most)


def split(text: str, separator: str, most: int = -1) -> list[str]:
    evaluation.spend_reading(text, times=2)
    if most == 0:
        return []
    if separator:
        return text.split(separator, most - 1 if most > 0 else -1)
    return list(text) if most < 0 or most >= len(text) else [*text[: most - 1], text[most - 1 :]]


def join(parts: list[Any], separator: str = "") -> str:
    if not all(isinstance(part, str) for part in parts):
        raise EvaluationError("no such overload")
    size = sum(map(len, parts)) + len(separator) * len(parts)
    evaluation.spend(math.ceil(size * 2 * evaluation.PER_CHARACTER))
    return separator.join(parts)


def _reading(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        evaluation.spend_reading(text)
        return change(text)

    return changed


def quote(text: str) -> str:
    evaluation.spend_reading(text, times=2)
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def _pay_search(text: str, pattern: str) -> None:
    per_text = math.ceil((1 + len(text)) * evaluation.PER_CHARACTER)
    evaluation.spend(per_text * math.ceil(len(pattern) * evaluation.PER_PATTERN_CHARACTER))


def _compiled(pattern: str) -> Any:
    try:
        return patterns.compiled(pattern)
    except patterns.PatternError as wrong:
        raise EvaluationError(f"error parsing regexp: {wrong}") from wrong


def matches(text: str, pattern: str) -> bool:
    _pay_search(text, pattern)
    return _compiled(pattern).search(text) is not None


def find(text: str, pattern: str) -> str:
    _pay_search(text, pattern)
    found = _compiled(pattern).search(text)
    return str(found.group()) if found else ""


def find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    _pay_search(text, pattern)
    made: list[str] = []
    for found in _compiled(pattern).finditer(text):
        if len(made) == most:
            break
        made.append(found.group())
    return made


def encode(data: bytes) -> str:
    evaluation.spend_reading(data)
    return base64.b64encode(bytes(data)).decode()


def decode(text: str) -> bytes:
    evaluation.spend_reading(text)
    if not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text):
        raise EvaluationError("illegal base64 data")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as wrong:
        raise EvaluationError("illegal base64 data") from wrong


def _escaped_key(text: str) -> str:
    """A name as JSON pointers write it."""
    return text.replace("~", "~0").replace("/", "~1")


STRINGS: tuple[Function, ...] = (
    method("charAt", overload("string int", "string", char_at)),
    method("indexOf", overload("string string", "int", index_of), overload("string string int", "int", index_of)),
    method(
        "lastIndexOf",
        overload("string string", "int", last_index_of),
        overload("string string int", "int", last_index_of),
    ),
    method("substring", overload("string int", "string", substring), overload("string int int", "string", substring)),
    method(
        "replace",
        overload("string string string", "string", replace),
        overload("string string string int", "string", replace),
    ),
    method(
        "split",
        overload("string string", "list<string>", split),
        overload("string string int", "list<string>", split),
    ),
    method("join", overload("list<string>", "string", join), overload("list<string> string", "string", join)),
    method("lowerAscii", overload("string", "string", _reading(lambda text: text.translate(_TO_LOWER)))),
    method("upperAscii", overload("string", "string", _reading(lambda text: text.translate(_TO_UPPER)))),
    method("trim", overload("string", "string", _reading(lambda text: text.strip(_BLANKS)))),
    method("format", overload("string list<dyn>", "string", formatted)),
    function("strings.quote", overload("string", "string", quote)),
    method("find", overload("string string", "string", find)),
    method(
        "findAll",
        overload("string string", "list<string>", find_all),
        overload("string string int", "list<string>", find_all),
    ),
    function("jsonpatch.escapeKey", overload("string", "string", _reading(_escaped_key))),
    function("base64.encode", overload("bytes", "string", encode)),
    function("base64.decode", overload("string", "bytes", decode)),
)
