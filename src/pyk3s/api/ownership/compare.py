"""Which paths a change touches: the difference of two objects as field sets.

`created` is the hot one: a single walk over a new object. Both follow the rules of server-side apply: atomic parts and
scalars are one path; an added or removed struct, map or list item is a path beside what it holds; an empty list or map
counts as a scalar, so that empty and absent differ. Where keys of a list repeat, the whole item is one path.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from pyk3s.api.ownership.fieldset import DOT, MEMBER, FieldSet
from pyk3s.api.ownership.shapes import KEYED, LEAF, MAP, SET, STRUCT, UNTYPED, UNTYPED_SHAPE, Shape

JSON = dict[str, Any]

_encode = msgspec.json.Encoder(order="sorted").encode


class Untypable(Exception):
    """An object that does not fit its type where ownership needs it to: `path: what is wrong`."""


class Changes(NamedTuple):
    """What an update did: paths with a new value, and paths that are gone."""

    changed: FieldSet
    removed: FieldSet


def created(shape: Shape, new: JSON) -> FieldSet:
    """Every path of a new object, but not the structs that an empty object of its kind already has."""
    fields = _added_struct(shape, new)
    fields.pop(DOT, None)
    return fields


def compare(shape: Shape, old: JSON, new: JSON) -> Changes:
    """Paths changed and removed between two whole objects."""
    changed: FieldSet = {}
    removed: FieldSet = {}
    _diff_entries(shape, old, new, changed, removed)
    return Changes(changed, removed)


def all_paths(shape: Shape, value: Any) -> FieldSet:
    """The node of a value that was not there before (or, seen from the other side, of one that is gone)."""
    kind = shape.kind
    if kind == LEAF or not value:
        return MEMBER
    if kind == UNTYPED:
        kind = MAP if isinstance(value, dict) else LEAF
    if kind in (STRUCT, MAP):
        if not isinstance(value, dict):
            return MEMBER
        return _added_struct(shape, value) if kind == STRUCT else _added_map(shape.item, value)
    if kind in (KEYED, SET):
        return _added_list(shape, value)
    return MEMBER


def _added_struct(shape: Shape, value: JSON) -> FieldSet:
    fields = shape.fields
    if shape.present:
        node: FieldSet = {}
        required = shape.required
        for name, inner in value.items():
            found = fields.get(name)
            if found is None or inner is None:
                continue
            element, inner_shape = found
            if inner_shape.kind == LEAF:
                # A zero that is always printed is in the empty object too; so is an empty struct held by value.
                if inner or not (inner_shape.present or (name in required and not isinstance(inner, list | dict))):
                    node[element] = MEMBER
            elif not inner_shape.present:
                node[element] = all_paths(inner_shape, inner) if inner else MEMBER
            elif inner:
                below = all_paths(inner_shape, inner)
                below.pop(DOT, None)
                if below:
                    node[element] = below
        return node
    node = {DOT: MEMBER}
    for name, inner in value.items():
        found = fields.get(name)
        if found is not None:
            node[found[0]] = MEMBER if found[1].kind == LEAF or not inner else all_paths(found[1], inner)
    return node


def _added_map(item: Shape, value: JSON) -> FieldSet:
    node: FieldSet = {DOT: MEMBER}
    if item.kind == LEAF:
        for name in value:
            node["f:" + name] = MEMBER
    else:
        for name, inner in value.items():
            node["f:" + name] = all_paths(item, inner)
    return node


def _added_list(shape: Shape, values: list[Any]) -> FieldSet:
    node: FieldSet = {DOT: MEMBER}
    item = shape.item
    for value in values:
        element = element_of(shape, value)
        node[element] = MEMBER if element in node else all_paths(item, value)
    return node


def element_of(shape: Shape, value: Any) -> str:
    """The path element of a list item; raises Untypable where its key is missing."""
    if shape.kind == SET:
        return "v:" + _encode(value).decode()
    if not isinstance(value, dict):
        what = "a null element" if value is None else "non-map elements"
        raise Untypable(f"associative list with keys may not have {what}")
    keys = shape.keys
    if len(keys) == 1:
        only = keys[0]
        key = value.get(only, shape.defaults.get(only))
        if type(key) is str and key.isascii() and key.isprintable() and '"' not in key and "\\" not in key:
            return f'k:{{"{only}":"{key}"}}'
    found = {}
    for name in keys:
        if name in value:
            found[name] = value[name]
        elif name in shape.defaults:
            found[name] = shape.defaults[name]
        else:
            raise Untypable(
                f'associative list with keys has an element that omits key field "{name}"'
                " (and doesn't have default value)"
            )
    return "k:" + _encode(found).decode()


def _diff_entries(shape: Shape, old: JSON, new: JSON, changed: FieldSet, removed: FieldSet) -> None:
    """Fields of a struct or entries of a map."""
    child = _child_finder(shape)
    for name, ours in new.items():
        if name in old:
            theirs = old[name]
            if ours is theirs or (ours == theirs and type(ours) is type(theirs)):
                continue
            found = child(name)
            if found is not None:
                _diff_value(found[0], found[1], theirs, ours, changed, removed)
        else:
            found = child(name)
            if found is not None:
                changed[found[0]] = all_paths(found[1], ours)
    for name, theirs in old.items():
        if name not in new:
            found = child(name)
            if found is not None:
                removed[found[0]] = all_paths(found[1], theirs)


def _child_finder(shape: Shape) -> "Callable[[str], tuple[str, Shape] | None]":
    if shape.kind == STRUCT:
        return shape.fields.get
    item = shape.item if shape.kind == MAP else UNTYPED_SHAPE
    return lambda name: ("f:" + name, item)


def _diff_value(element: str, shape: Shape, old: Any, new: Any, changed: FieldSet, removed: FieldSet) -> None:
    """A value that differs, at one path element of its parent."""
    granular = dict if shape.kind in (STRUCT, MAP, UNTYPED) else list
    if shape.kind == LEAF or not (old or new) or not _both(granular, old, new):
        changed[element] = MEMBER
        return
    added_below: FieldSet = {}
    removed_below: FieldSet = {}
    if granular is dict:
        _diff_entries(shape, old or {}, new or {}, added_below, removed_below)
    else:
        _diff_list(shape, old or [], new or [], added_below, removed_below)
    if added_below:
        changed[element] = added_below
    if removed_below:
        removed[element] = removed_below


def _both(type_: type, old: Any, new: Any) -> bool:
    return (old is None or isinstance(old, type_)) and (new is None or isinstance(new, type_))


def _diff_list(shape: Shape, old: list[Any], new: list[Any], changed: FieldSet, removed: FieldSet) -> None:
    before, after = _by_element(shape, old), _by_element(shape, new)
    item = shape.item
    for element, ours in after.items():
        theirs = before.get(element)
        if theirs is None:
            changed[element] = all_paths(item, ours[0]) if len(ours) == 1 else MEMBER
        elif ours != theirs:
            if len(ours) == len(theirs) == 1:
                _diff_value(element, item, theirs[0], ours[0], changed, removed)
            else:
                changed[element] = MEMBER
    for element, theirs in before.items():
        if element not in after:
            removed[element] = all_paths(item, theirs[0]) if len(theirs) == 1 else MEMBER


def _by_element(shape: Shape, values: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for value in values:
        found.setdefault(element_of(shape, value), []).append(value)
    return found
