"""Which paths a change touches: the difference of two objects as field sets.

`created` is the hot one: a single walk over a new object, compiled from its shape. Both follow the rules of
server-side apply: atomic parts and scalars are one path; an added or removed struct, map or list item is a path beside
what it holds; an empty list or map counts as a scalar, so that empty and absent differ. Where keys of a list repeat,
the whole item is one path.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from pyk3s.api.ownership.fieldset import DOT, MEMBER, FieldSet
from pyk3s.api.ownership.shapes import KEYED, LEAF, MAP, SET, STRUCT, UNTYPED, UNTYPED_SHAPE, Shape, Walk

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
    fields = all_paths(shape, new)
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
    return (shape.walk or _compile(shape))(value)


def _compile(shape: Shape) -> Walk:
    """What collects the paths of a value: a closure, which compiles what lies below when it first gets there."""
    if shape.kind == STRUCT:
        shape.walk = _present_walk(shape) if shape.present else _struct_walk(shape)
    elif shape.kind in (MAP, UNTYPED):
        shape.walk = _map_walk(shape)
    else:
        shape.walk = _list_walk(shape) if shape.kind in (KEYED, SET) else _leaf_walk
    return shape.walk


class _Fields(dict[str, tuple[str, Walk | None, bool] | None]):
    """By name of a struct's field: its path element, its walk if it has paths below, and whether it is a path itself.

    None for what is no field.
    """

    def __init__(self, shape: Shape):
        self._shape = shape

    def __missing__(self, name: str) -> tuple[str, Walk | None, bool] | None:
        made: tuple[str, Walk | None, bool] | None = None
        if (found := self._shape.fields.get(name)) is not None:
            element, inner = found
            if inner.kind == LEAF:
                made = (element, None, True)
            else:
                made = (element, inner.walk or _compile(inner), not inner.present)
        if self._shape.declares(name):  # others are as many as clients like
            self[name] = made
        return made


def _leaf_walk(value: Any) -> FieldSet:
    return MEMBER


def _struct_walk(shape: Shape) -> Walk:
    fields = _Fields(shape)

    def walk(value: Any) -> FieldSet:
        if not value or not isinstance(value, dict):
            return MEMBER
        node: FieldSet = {DOT: MEMBER}
        for name, inner in value.items():
            found = fields[name]
            if found is not None:
                element, below, _ = found
                node[element] = below(inner) if below is not None and inner else MEMBER
        return node

    return walk


def _present_walk(shape: Shape) -> Walk:
    """Of a struct that the empty object of its kind has, too: neither it nor what is in it from the start is a path."""
    fields = _Fields(shape)

    def walk(value: Any) -> FieldSet:
        if not value or not isinstance(value, dict):
            return MEMBER
        node: FieldSet = {}
        for name, inner in value.items():
            found = fields[name]
            if found is None or inner is None:
                continue
            element, below, is_path = found
            if not inner:
                if not _is_empty_from_start(shape, name, inner):
                    node[element] = MEMBER
            elif below is None:
                node[element] = MEMBER
            else:
                paths = below(inner)
                if not is_path:
                    paths.pop(DOT, None)
                if paths or is_path:
                    node[element] = paths
        return node

    return walk


def _is_empty_from_start(shape: Shape, name: str, value: Any) -> bool:
    """Whether the empty object has an empty value, too: a zero that is always printed, or what is held by value."""
    inner = shape.fields[name][1]
    return inner.present or (inner.kind == LEAF and name in shape.required and not isinstance(value, list | dict))


def _map_walk(shape: Shape) -> Walk:
    def walk(value: Any) -> FieldSet:
        if not value or not isinstance(value, dict):
            return MEMBER
        node: FieldSet = {DOT: MEMBER}
        item = shape.item
        if item.kind == LEAF:
            for name in value:
                node["f:" + name] = MEMBER
        else:
            for name, inner in value.items():
                node["f:" + name] = all_paths(item, inner)
        return node

    return walk


def _list_walk(shape: Shape) -> Walk:
    def walk(values: Any) -> FieldSet:
        if not values:
            return MEMBER
        node: FieldSet = {DOT: MEMBER}
        item = shape.item
        below = item.walk or _compile(item)
        for value in values:
            element = element_of(shape, value)
            node[element] = MEMBER if element in node else below(value)
        return node

    return walk


def element_of(shape: Shape, value: Any) -> str:
    """The path element of a list item; raises Untypable where its key is missing."""
    if shape.kind == SET:
        return "v:" + _encode(value).decode()
    if not isinstance(value, dict):
        what = "a null element" if value is None else "non-map elements"
        raise Untypable(f"associative list with keys may not have {what}")
    keys = shape.keys
    if len(keys) == 1 and type(key := value.get(keys[0])) is str:
        return shape.elements[key]
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
