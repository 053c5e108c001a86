"""Sets of field paths, kept in the very shape in which FieldsV1 shows them: nested dicts of path elements.

A path element is `f:<field>`, `k:{<keys as JSON>}`, `v:<value as JSON>` or `i:<index>`. An element that maps to `{}` is
a member of the set; one that maps to more is a member if it holds `"."`. The root `{}` is the empty set. Sets share
branches, so nothing here changes a set in place.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

FieldSet = dict[str, Any]

MEMBER: FieldSet = {}
DOT = "."


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths of both."""
    if not left or left is right:
        return right
    joined = dict(left)
    for element, theirs in right.items():
        ours = joined.get(element)
        if ours is None:
            joined[element] = theirs
        elif ours is not theirs and ours != theirs:
            joined[element] = _node(_is_member(ours) or _is_member(theirs), union(_below(ours), _below(theirs)))
    return joined


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths of `left` that are not in `right`; what lies below a path of `right` stays."""
    if not right:
        return left
    rest: FieldSet = {}
    for element, ours in left.items():
        theirs = right.get(element)
        if theirs is None:
            rest[element] = ours
        elif not ours:
            if not _is_member(theirs):
                rest[element] = MEMBER
        elif below := difference(ours, theirs) if theirs else _below(ours):  # "." is an element like others here
            rest[element] = MEMBER if len(below) == 1 and DOT in below else below
    return rest


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths that are in both."""
    shared: FieldSet = {}
    for element, ours in left.items():
        theirs = right.get(element)
        if theirs is None:
            continue
        below = intersection(_below(ours), _below(theirs)) if ours and theirs else {}
        member = _is_member(ours) and _is_member(theirs)
        if member or below:
            shared[element] = _node(member, below)
    return shared


def without_branches(left: FieldSet, branches: FieldSet) -> FieldSet:
    """`left` without the paths of `branches` and everything below them."""
    if not branches:
        return left
    rest: FieldSet = {}
    for element, ours in left.items():
        theirs = branches.get(element)
        if theirs is None:
            rest[element] = ours
        elif not _is_member(theirs):
            kept = without_branches(ours, theirs)
            if kept or not ours:
                rest[element] = kept
    return rest


def is_field_set(value: Any) -> bool:
    """Whether what somebody sent is a set of paths at all."""
    pending = [value]
    while pending:
        node = pending.pop()
        if not isinstance(node, dict) or not all(map(_is_element, node)):
            return False
        pending += node.values()
    return True


def _is_element(element: str) -> bool:
    kind, _, text = element.partition(":")
    if element == DOT or kind == "f":
        return True
    try:
        told = msgspec.json.decode(text) if kind in ("k", "v", "i") else None
    except msgspec.DecodeError:
        return False
    return kind == "v" or (kind == "k" and isinstance(told, dict)) or (kind == "i" and isinstance(told, int))


def is_member(node: FieldSet | None) -> bool:
    """Whether the path that leads to this node is in the set."""
    return node is not None and _is_member(node)


def members(fields: FieldSet, prefix: str = "") -> Iterator[str]:
    """Every path as messages print it, in order: `.spec.containers[name="main"].image`."""
    for element in sorted((e for e in fields if e != DOT), key=_order):
        node = fields[element]
        path = prefix + _printed(element)
        if _is_member(node):
            yield path
        yield from members(node, path)


def _is_member(node: FieldSet) -> bool:
    return not node or DOT in node


def _below(node: FieldSet) -> FieldSet:
    if DOT not in node:
        return node
    return {element: child for element, child in node.items() if element != DOT}


def _node(member: bool, below: FieldSet) -> FieldSet:
    return {DOT: MEMBER, **below} if member and below else below


def _order(element: str) -> tuple[bool, str]:
    return not element.startswith("f:"), element


def _printed(element: str) -> str:
    kind, _, text = element.partition(":")
    if kind == "f":
        return f".{text}"
    if kind == "k":
        keys = msgspec.json.decode(text)
        return "[" + ",".join(f"{name}={_shown(value)}" for name, value in keys.items()) + "]"
    return f"[={text}]" if kind == "v" else f"[{text}]"


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()
