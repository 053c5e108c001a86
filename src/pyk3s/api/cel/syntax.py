"""Checked expressions as syntax trees of plain dicts: the protobuf messages of `cel.expr`, decoded and encoded.

A node is `{"id": ..., KIND: {...}}` with KIND one of const, ident, select, call, list, struct and comprehension.
"""

from typing import Any, NamedTuple

from pyk3s.lib import protobuf

Node = dict[str, Any]
MAX_DEPTH = 1000
"""Messages within messages; the parser bounds the nesting of expressions at 32, of which macros make several each."""

_TABLES: dict[str, list[list[Any]]] = {
    "Any": [[1, "type_url", "string"], [2, "value", "bytes"]],
    "CheckedExpr": [[3, "types", "map<int64,Type>"], [4, "expr", "Expr"], [5, "source", "SourceInfo"]],
    "SourceInfo": [[4, "positions", "map<int64,int32>"]],
    "Expr": [
        [2, "id", "int64"],
        [3, "const", "Constant"],
        [4, "ident", "Ident"],
        [5, "select", "Select"],
        [6, "call", "Call"],
        [7, "list", "List"],
        [8, "struct", "Struct"],
        [9, "comprehension", "Comprehension"],
    ],
    "Constant": [
        [1, "null", "int32"],
        [2, "bool", "bool"],
        [3, "int", "int64"],
        [4, "uint", "uint64"],
        [5, "double", "double"],
        [6, "string", "string"],
        [7, "bytes", "bytes"],
    ],
    "Ident": [[1, "name", "string"]],
    "Select": [[1, "operand", "Expr"], [2, "field", "string"], [3, "test", "bool"]],
    "Call": [[1, "target", "Expr"], [2, "function", "string"], [3, "args", "Expr[]"]],
    "List": [[1, "elements", "Expr[]"], [2, "optional", "int32[]"]],
    "Struct": [[1, "name", "string"], [2, "entries", "Entry[]"]],
    "Entry": [
        [1, "id", "int64"],
        [2, "field", "string"],
        [3, "key", "Expr"],
        [4, "value", "Expr"],
        [5, "optional", "bool"],
    ],
    "Comprehension": [
        [1, "var", "string"],
        [2, "range", "Expr"],
        [3, "accu", "string"],
        [4, "init", "Expr"],
        [5, "condition", "Expr"],
        [6, "step", "Expr"],
        [7, "result", "Expr"],
        [8, "var2", "string"],
    ],
    "Type": [
        [1, "dyn", "Empty"],
        [2, "null", "int32"],
        [3, "primitive", "int32"],
        [4, "wrapper", "int32"],
        [5, "well_known", "int32"],
        [6, "list", "ListType"],
        [7, "map", "MapType"],
        [9, "message", "string"],
        [11, "type", "Type"],
        [14, "abstract", "AbstractType"],
    ],
    "Empty": [],
    "ListType": [[1, "element", "Type"]],
    "MapType": [[1, "key", "Type"], [2, "value", "Type"]],
    "AbstractType": [[1, "name", "string"], [2, "parameters", "Type[]"]],
}
_PRIMITIVES = ("dyn", "bool", "int", "uint", "double", "string", "bytes")
_WELL_KNOWN = ("dyn", "dyn", "timestamp", "duration")
_CHECKED_TYPE = "type.googleapis.com/cel.expr.CheckedExpr"
_codec = protobuf.Codec(_TABLES, max_depth=MAX_DEPTH)


class Checked(NamedTuple):
    """A syntax tree, and the type and place of each of its nodes, by id."""

    root: Node
    types: dict[int, Node]
    positions: dict[int, int]
    """Where a node stands in the text: its offset in characters."""

    def kind(self, node: Node) -> str:
        """The word for the type of a node; `dyn` where it is not known."""
        return kind(self.types.get(node.get("id", 0)) or {})


def kind(type_: Node) -> str:
    """The word for a type: bool, int, string, list, map, the name of a message or abstract type, ..."""
    if "primitive" in type_:
        return _PRIMITIVES[type_["primitive"]]
    if "well_known" in type_:
        return _WELL_KNOWN[type_["well_known"]]
    if "message" in type_:
        return str(type_["message"])
    if "abstract" in type_:
        return str(type_["abstract"]["name"])
    return next((word for word in ("list", "map", "null", "type") if word in type_), "dyn")


def spelled(type_: Node) -> str:
    """A type in full, as the API's messages write it: `list(int)`, `map(string, dyn)`, `null_type`."""
    if "list" in type_:
        return f"list({spelled(type_['list'].get('element') or {})})"
    if "map" in type_:
        key, value = (spelled(type_["map"].get(part) or {}) for part in ("key", "value"))
        return f"map({key}, {value})"
    if parameters := (type_.get("abstract") or {}).get("parameters"):
        return f"{kind(type_)}({', '.join(map(spelled, parameters))})"
    return "null_type" if "null" in type_ else kind(type_)


def decode(data: bytes) -> Checked:
    """The tree in what the library serialises."""
    checked = _codec.decode("CheckedExpr", _codec.decode("Any", data)["value"])
    return Checked(checked["expr"], checked.get("types") or {}, checked.get("source", {}).get("positions", {}))


def encode(root: Node) -> bytes:
    """What the library plans from; types are not needed for that."""
    return _codec.encode("Any", {"type_url": _CHECKED_TYPE, "value": _codec.encode("CheckedExpr", {"expr": root})})
