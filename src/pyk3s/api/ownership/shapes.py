"""What field ownership must know of a type: which parts are leaves, structs, maps, keyed lists and sets.

A Shape is compiled once from a schema type, lazily branch by branch, so recursive types cost nothing until met. Lists
without a declared type are atomic, maps without one are granular, and untyped values are judged by what they are.
What exists in an empty object of its kind is `present` (see presence.py).
"""

import copy
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from pyk3s.api.ownership import presence
from pyk3s.api.ownership.fieldset import FieldSet
from pyk3s.api.schema import types

LEAF, STRUCT, MAP, KEYED, SET, UNTYPED = range(6)
MOST_KEPT, LONGEST_KEPT = 256, 64
"""Path elements of one list that are remembered, and the characters of their keys."""
NUMERIC, STRING, BOOLEAN, ANY_SCALAR, ANY_LIST, ANY_MAP = "numeric", "string", "boolean", "scalar", "list", "map"


Walk = Callable[[Any], FieldSet]


class Shape:
    """One compiled node; which attributes mean something depends on `kind`. Two are compiled at the first look."""

    __slots__ = (
        "defaults",
        "elements",
        "expects",
        "fields",
        "item",
        "keys",
        "kind",
        "present",
        "required",
        "source",
        "walk",
    )

    fields: dict[str, "tuple[str, Shape]"]
    """Of a struct: field name to (path element, shape)."""
    item: "Shape"
    """Of a map or list: the shape of what it holds."""
    elements: "_Elements"
    """Of a list with one key: path elements by key."""

    def __init__(self, source: types.Type | None, kind: int, expects: str, *, present: bool = False):
        self.source = source
        self.kind = kind
        self.expects = expects
        self.present = present
        self.keys: tuple[str, ...] = ()
        self.defaults: dict[str, Any] = {}
        self.required: frozenset[str] = frozenset()
        self.walk: Walk | None = None
        """What collects the paths of a value (compare.py), once it is compiled."""

    def __getattr__(self, name: str) -> Any:
        """Python asks here for what is not compiled yet."""
        if name == "fields":
            self.fields = _compile_fields(self)
            return self.fields
        if name == "item":
            self.item = _compile_item(self)
            return self.item
        raise AttributeError(name)

    def without(self, branches: FieldSet) -> "Shape":
        """Of a struct: the shape of what is left without some branches: whole fields, or parts of structs in it."""
        left = copy.copy(self)
        left.walk = None
        left.fields = {
            name: (element, inner.without(branches[element]) if element in branches else inner)
            for name, (element, inner) in self.fields.items()
            if branches.get(element, True)
        }
        return left

    def declares(self, name: str) -> bool:
        """Of a struct: whether the type has the field, and does not just let it be."""
        return self.source is not None and name in self.source.fields

    def field(self, name: str) -> "Shape | None":
        """Of a struct: the shape of a field, or None if the type does not have it."""
        found = self.fields.get(name)
        return found[1] if found else None


class _OpenFields(dict[str, tuple[str, Shape]]):
    """Fields of a struct that preserves unknown ones: these are untyped."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or self[name]

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> tuple[str, Shape]:
        return f"f:{name}", UNTYPED_SHAPE


class _Elements(dict[str, str]):
    """Path elements of list items with one key, by its text: those asked for lately, since most names come again."""

    def __init__(self, name: str):
        self._name = name

    def __missing__(self, key: str) -> str:
        element = "k:" + msgspec.json.encode({self._name: key}).decode()
        if len(key) <= LONGEST_KEPT:
            if len(self) >= MOST_KEPT:
                self.clear()
            self[key] = element
        return element


UNTYPED_SHAPE = Shape(None, UNTYPED, "")
_compiled: "WeakKeyDictionary[types.Type, Shape]" = WeakKeyDictionary()
_builtin: dict[int, Shape] = {}  # by id of the type, which lives as long: a weak reference costs more than the rest


def of_kind(type_: types.Type) -> Shape:
    """The shape of a whole kind, compiled at the first call for its type. Only built-in types have names."""
    if (shape := _builtin.get(id(type_))) is not None and shape.source is type_:
        return shape
    shape = _compiled.get(type_)
    if shape is None:
        shape = _compiled[type_] = _compile(type_, present=bool(type_.name))
    if type_.name:
        _builtin[id(type_)] = shape
    return shape


def _compile(type_: types.Type | None, *, present: bool = False) -> Shape:
    if type_ is None:
        return UNTYPED_SHAPE
    if type_.kind == "array":
        return _compile_list(type_, present)
    if type_.kind == "map":
        return Shape(type_, LEAF if type_.map_type == "atomic" else MAP, ANY_MAP, present=present)
    if type_.kind == "object" and type_.fields:
        atomic = type_.map_type == "atomic"
        shape = Shape(type_, LEAF if atomic else STRUCT, ANY_MAP, present=present)
        shape.required = frozenset(name for name, field in type_.fields.items() if field.required)
        return shape
    if type_.kind == "any-object" and type_.name:
        return Shape(type_, LEAF, ANY_MAP)  # RawExtension and its like are owned as a whole
    if type_.kind in ("object", "any", "any-object"):
        return UNTYPED_SHAPE
    return Shape(type_, LEAF, _SCALARS.get(type_.kind, ANY_SCALAR), present=present)


_SCALARS = {"integer": NUMERIC, "number": NUMERIC, "string": STRING, "bytes": STRING, "boolean": BOOLEAN}


def _compile_list(type_: types.Type, present: bool) -> Shape:
    if type_.list_type == "set":
        return Shape(type_, SET, ANY_LIST)
    if type_.list_type != "map" or not type_.list_map_keys:
        return Shape(type_, LEAF, ANY_LIST)
    shape = Shape(type_, KEYED, ANY_LIST, present=present)
    shape.keys = tuple(sorted(type_.list_map_keys))
    if len(shape.keys) == 1:
        shape.elements = _Elements(shape.keys[0])
    fields = type_.items.fields if type_.items is not None else {}
    for key in shape.keys:
        declared = fields[key].default if key in fields else None
        if declared is not None:
            shape.defaults[key] = declared
        elif key == "protocol":  # the one key that the published built-in types default
            shape.defaults[key] = "TCP"
    return shape


def _compile_fields(shape: Shape) -> "dict[str, tuple[str, Shape]]":
    source = shape.source
    if source is None:
        return {}
    root = _compiled.get(source) is shape
    fields = {}
    for name, field in source.fields.items():
        present = shape.present and presence.exists_empty(source, field, root=root)
        fields[name] = (f"f:{name}", _compile(field.type, present=present))
    return _OpenFields(fields) if source.schema.get("x-kubernetes-preserve-unknown-fields") else fields


def _compile_item(shape: Shape) -> Shape:
    source = shape.source
    if source is None:
        return UNTYPED_SHAPE
    return _compile(source.values if shape.kind == MAP else source.items)
