"""What Kubernetes checks of literals beyond their types: patterns, times, durations, and lists and maps of one type."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pyk3s.api.cel.syntax import Checked, Node
from pyk3s.api.validation.customresources import patterns

_is_duration = re.compile(
    r"[-+]?(0|(\d+\.?\d*|\.\d+)(h|m|s|ms|us|µs|ns)((\d+\.?\d*|\.\d+)(h|m|s|ms|us|µs|ns))*)"
).fullmatch
_is_timestamp = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)").fullmatch


class Fault(NamedTuple):
    """Something wrong, and the offset in the text where it stands."""

    offset: int
    message: str


def faults(checked: Checked) -> list[Fault]:
    return list(_of(checked.root, checked))


def told(source: str, found: list[Fault]) -> str:
    """Faults in the form in which the library tells them."""
    lines = source.split("\n")
    made = []
    for offset, message in found:
        row = source.count("\n", 0, offset)
        column = offset - (source.rfind("\n", 0, offset) + 1)
        made.append(f"ERROR: <input>:{row + 1}:{column + 1}: {message}\n | {lines[row]}\n | {'.' * column}^")
    return "\n".join(made)


def _of(node: Any, checked: Checked) -> Iterator[Fault]:
    if isinstance(node, list):
        for each in node:
            yield from _of(each, checked)
    elif isinstance(node, dict):
        if "call" in node:
            yield from _of_call(node["call"], checked)
            if node["call"]["function"] == "format":  # the one function that wants a list of mixed types
                return
        elif "list" in node:
            yield from _of_members(node["list"].get("elements") or [], checked)
        elif "struct" in node:
            entries = node["struct"].get("entries") or []
            for part in ("key", "value"):
                yield from _of_members([entry[part] for entry in entries if part in entry], checked)
        for each in node.values():
            yield from _of(each, checked)


def _of_call(call: Node, checked: Checked) -> Iterator[Fault]:
    last = (call.get("args") or [{}])[-1]
    text = last.get("const", {}).get("string")
    if text is not None and not _valid(call["function"], text):
        yield Fault(checked.positions.get(last["id"], 0), f"invalid {call['function']} argument")


def _valid(function: str, text: str) -> bool:
    match function:
        case "matches":
            try:
                patterns.compiled(text)
            except patterns.PatternError:
                return False
        case "duration":
            return bool(_is_duration(text))
        case "timestamp":
            return bool(_is_timestamp(text))
    return True


def _of_members(members: list[Node], checked: Checked) -> Iterator[Fault]:
    """Members of one literal have one type; what is of any type goes with all, and null too."""
    first = ""
    for member in members:
        kind = checked.kind(member)
        if kind in ("dyn", "null", "optional_type"):
            continue
        first = first or kind
        if kind != first:
            yield Fault(checked.positions.get(member["id"], 0), f"expected type '{first}' but found '{kind}'")
            return
