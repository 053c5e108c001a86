"""The checker's complaints in the words that the API has for them, which are those of another implementation.

They differ in a few places: how a call on something is written, the name that is said to be undeclared, fields.
"""

import re

from pyk3s.api.cel import literals
from pyk3s.api.cel.literals import Fault

_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \| |\nERROR: |\Z)", re.DOTALL)
_SAID = (
    (
        re.compile(r"expression of type '(.*?)' cannot be the operand of a select operation"),
        r"type '\1' does not support field selection",
    ),
    (re.compile(r"undefined field '(.*?)' not found in struct '.*?'"), r"undefined field '\1'"),
    (re.compile(r"cannot be the range of a comprehension"), "cannot be range of a comprehension"),
)
_MISFIT = re.compile(r"found no matching overload for '(\w+)' applied to '\((.*)\)'")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)\.([\w.]+)' \(in container ''\)")


def worded(message: str, source: str) -> str:
    """A message about the source, reworded; one that names no places stays as it is."""
    found = list(_ERROR.finditer(message))
    if not found:
        return message
    lines = source.split("\n")
    faults = []
    for each in found:
        before = sum(len(line) + 1 for line in lines[: int(each[1]) - 1])
        faults.append(_reworded(Fault(before + int(each[2]) - 1, each[3]), source))
    return literals.told(source, faults)


def _reworded(fault: Fault, source: str) -> Fault:
    offset, message = fault
    for pattern, words in _SAID:
        message = pattern.sub(words, message)
    if (misfit := _MISFIT.fullmatch(message)) and source[:offset].endswith(f".{misfit[1]}"):
        target, rest = _first(misfit[2])
        message = f"found no matching overload for '{misfit[1]}' applied to '{target}.({rest})'"
    if undeclared := _UNDECLARED.fullmatch(message):
        path = f"{undeclared[1]}.{undeclared[2]}"
        start = offset - len(path.rpartition(".")[0])
        if start >= 0 and source[start:].startswith(path):
            return Fault(start, f"undeclared reference to '{undeclared[1]}' (in container '')")
    return Fault(offset, message)


def _first(types: str) -> tuple[str, str]:
    """The first of several types, and the others."""
    depth = 0
    for index, letter in enumerate(types):
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and depth == 0:
            return types[:index], types[index + 2 :]
    return types, ""
