"""What an applied configuration says: its errors, its paths, and how it merges into the live object.

Merging keeps what the configuration does not mention, replaces atomic parts, and merges keyed lists item by item: the
order of the configuration holds among its own items, and items that only the live object has stay before the next
shared one.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from pyk3s.api.ownership import shapes
from pyk3s.api.ownership.compare import Untypable, element_of
from pyk3s.api.ownership.fieldset import DOT, MEMBER, FieldSet, is_member, members
from pyk3s.api.ownership.shapes import KEYED, LEAF, MAP, SET, STRUCT, UNTYPED, UNTYPED_SHAPE, Shape

JSON = dict[str, Any]


def check(shape: Shape, config: JSON) -> None:
    """Raise Untypable, naming every place where a configuration does not fit its type."""
    errors = list(_errors(shape, config, ""))
    if len(errors) == 1:
        raise Untypable(errors[0])
    if errors:
        raise Untypable("errors:\n" + "\n".join(f"  {error}" for error in errors))


def paths(shape: Shape, value: JSON) -> FieldSet:
    """The paths that a configuration claims: its leaves, and the items of its maps and lists."""
    return _struct_paths(shape, value)


def merged(shape: Shape, live: Any, config: Any) -> Any:
    """The live value with the configuration laid over it; shares what did not change."""
    kind = _granular(shape, config if config is not None else live)
    if kind == LEAF or not (live or config):
        return config
    if kind in (STRUCT, MAP):
        return _merged_entries(shape, live or {}, config or {})
    return _merged_items(shape, live or [], config or [])


def removed(shape: Shape, value: Any, gone: FieldSet) -> Any:
    """The value without what is at these paths; an emptied list or map becomes None."""
    kind = _granular(shape, value)
    if kind == LEAF or not value:
        return value
    if kind in (STRUCT, MAP):
        entries: JSON = {}
        for name, inner in value.items():
            node = gone.get("f:" + name)
            if not is_member(node):
                entries[name] = removed(_child(shape, name), inner, node) if node else inner
        return entries or None
    items = []
    for item in value:
        node = gone.get(element_of(shape, item))
        if not is_member(node):
            items.append(removed(shape.item, item, node) if node else item)
    return items or None


def with_parents(shape: Shape, fields: FieldSet) -> FieldSet:
    """The set with every struct field above a path a member too: a struct field lives and dies with what is in it."""
    grown: FieldSet = {}
    for element, node in fields.items():
        if element == DOT or not node:
            grown[element] = node
            continue
        below = with_parents(_child_at(shape, element), node)
        if shape.kind == STRUCT and shape.declares(element[2:]) and DOT not in below:
            below = {DOT: MEMBER, **below}
        grown[element] = below
    return grown


def _granular(shape: Shape, value: Any) -> int:
    if shape.kind == UNTYPED:
        return MAP if isinstance(value, dict) else LEAF
    return shape.kind


def _child(shape: Shape, name: str) -> Shape:
    if shape.kind == STRUCT:
        return shape.field(name) or UNTYPED_SHAPE
    return shape.item if shape.kind == MAP else UNTYPED_SHAPE


def _child_at(shape: Shape, element: str) -> Shape:
    return _child(shape, element[2:]) if element.startswith("f:") else shape.item


def _struct_paths(shape: Shape, value: JSON) -> FieldSet:
    node: FieldSet = {}
    for name, inner in value.items():
        field = shape.fields.get(name)
        if field is not None:
            element, inner_shape = field
            if inner_shape.kind == LEAF or inner is None or inner == {}:
                node[element] = MEMBER
            else:
                below = _paths(inner_shape, inner)
                if below is not None:
                    node[element] = below if shape.declares(name) or not below else {DOT: MEMBER, **below}
    return node


def _paths(shape: Shape, value: Any) -> FieldSet | None:
    """The node of a value, or None where it claims nothing."""
    kind = _granular(shape, value)
    if kind == LEAF:
        return MEMBER
    if kind == STRUCT:
        return _struct_paths(shape, value) or None
    node: FieldSet = {}
    for element, inner_shape, inner in _entries(shape, kind, value):
        below = _paths(inner_shape, inner) if inner not in (None, {}) else None
        if DOT in (below or {}):
            below = {key: child for key, child in (below or {}).items() if key != DOT}
        node[element] = {DOT: MEMBER, **below} if below else MEMBER
    return node or None


def _entries(shape: Shape, kind: int, value: Any) -> Iterator[tuple[str, Shape, Any]]:
    if kind == MAP:
        item = shape.item if shape.kind == MAP else UNTYPED_SHAPE
        for name, inner in value.items():
            yield "f:" + name, item, inner
    else:
        for inner in value:
            yield element_of(shape, inner), shape.item, inner


def _merged_entries(shape: Shape, live: JSON, config: JSON) -> JSON:
    result = dict(live)
    for name, inner in config.items():
        result[name] = merged(_child(shape, name), live.get(name), inner) if name in live else inner
    return result


def _merged_items(shape: Shape, live: list[Any], config: list[Any]) -> list[Any]:
    ours = [(element_of(shape, item), item) for item in live]
    theirs = {element_of(shape, item): item for item in config}
    by_element = dict(reversed(ours))
    upcoming = [element for element in theirs if element in by_element]
    result: list[Any] = []
    place = 0

    def keep_until_next_shared() -> None:
        nonlocal place
        while place < len(ours) and not (upcoming and ours[place][0] == upcoming[0]):
            if ours[place][0] not in theirs:
                result.append(ours[place][1])
            place += 1

    for element, item in theirs.items():
        keep_until_next_shared()
        if element in by_element:
            item = merged(shape.item, by_element[element], item)
            upcoming.pop(0)
        result.append(item)
    keep_until_next_shared()
    return result


def _errors(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if shape.kind in (STRUCT, MAP) or (shape.kind == LEAF and shape.expects == shapes.ANY_MAP):
        yield from _map_errors(shape, value, path)
    elif shape.kind in (KEYED, SET) or (shape.kind == LEAF and shape.expects == shapes.ANY_LIST):
        yield from _list_errors(shape, value, path)
    elif shape.kind == LEAF:
        wrong = _scalar_error(shape.expects, value)
        if wrong:
            yield f"{path}: {wrong}"


def _map_errors(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: expected map, got {_go_struct(value)}"
        return
    fields = shape.fields if shape.source is not None and shape.source.kind == "object" else None
    for name, inner in value.items():
        child = f"{path}.{name}"
        if fields is None:
            yield from _errors(shape.item, inner, child)
        elif name in fields:
            yield from _errors(fields[name][1], inner, child)
        else:
            yield f"{child}: field not declared in schema"


def _list_errors(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected list, got {_go_struct(value)}"
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        step = f"[{index}]"
        if shape.kind != LEAF:
            try:
                element = element_of(shape, item)
            except Untypable as error:
                yield f"{path}: element {index}: {error}"
                return
            step = next(members({element: MEMBER}))
            if element in seen:
                yield f"{path}: duplicate entries for key {step}"
            seen.add(element)
        yield from _errors(shape.item, item, path + step)


def _scalar_error(expects: str, value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if expects == shapes.NUMERIC and not number:
        return f"expected numeric (int or float), got {_go_type(value)}"
    if expects == shapes.STRING and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_go_literal(value)}}}"
    if expects == shapes.BOOLEAN and not isinstance(value, bool):
        return f"expected boolean, got {_go_struct(value)}"
    if expects == shapes.ANY_SCALAR and isinstance(value, list | dict):
        return f"expected any scalar, got {_go_struct(value)}"
    return ""


def _go_type(value: Any) -> str:
    """The name that upstream's messages give to a value's type."""
    names = {bool: "bool", str: "string", dict: "map[string]interface {}", list: "[]interface {}"}
    return names.get(type(value), "float64")


def _go_literal(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{_go_type(value)}{{...}}"
    return msgspec.json.encode(value).decode()


def _go_struct(value: Any) -> str:
    return f"&{{{value if isinstance(value, str) else msgspec.json.encode(value).decode()}}}"
