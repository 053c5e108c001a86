"""Fits a checked rule to the objects it will see: fields under their real names, lists that are sets or maps, oldSelf.

An expression says `self.a__dot__b` for the field `a.b`. Of lists that are sets, `==` does not count the order and `+`
adds what is new; of lists that are maps, items are known by their keys. Only the outermost such list of a comparison
is treated so. An optional oldSelf is made from two variables, because values come in without options.
"""

from typing import Any

from pyk3s.api.cel.costing import Estimate
from pyk3s.api.cel.declared import OBJECT, Declared
from pyk3s.api.cel.spreading import operands_of
from pyk3s.api.cel.syntax import Checked, Node
from pyk3s.api.customresources import declaring

SELF, OLD_SELF, GIVEN = "self", "oldSelf", "@given"
"""The names of variables; the last tells whether there is an oldSelf where that is optional."""
_ON_LISTS = {"_==_": "same", "_!=_": "same", "_+_": "joined"}
_FIRST_ID = 500_000


def reads(node: Any, name: str) -> bool:
    """Whether an expression reads a variable."""
    if isinstance(node, list):
        return any(reads(each, name) for each in node)
    if not isinstance(node, dict):
        return False
    return (node.get("ident") or {}).get("name") == name or any(reads(each, name) for each in node.values())


def adapted(checked: Checked, estimate: Estimate, *, optional_old: bool) -> Checked:
    """The same rule for plain objects."""
    return checked._replace(root=_Adapting(estimate, optional_old).node(checked.root))


class _Adapting:
    def __init__(self, estimate: Estimate, optional_old: bool):
        self._estimate = estimate
        self._optional_old = optional_old
        self._last_id = _FIRST_ID

    def node(self, node: Node) -> Node:
        made = {key: self._inside(value) for key, value in node.items()}
        if "select" in node:
            if self._is_object(node["select"]["operand"]):
                made["select"]["field"] = declaring.unescape(node["select"]["field"])
        elif "call" in node:
            return self._call(node["call"], made)
        elif self._optional_old and node.get("ident") == {"name": OLD_SELF}:
            return self._optional(made)
        return made

    def _inside(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.node(value) if "id" in value else {key: self._inside(each) for key, each in value.items()}
        return [self._inside(each) for each in value] if isinstance(value, list) else value

    def _is_object(self, node: Node) -> bool:
        declared = self._estimate.type_of(node)
        return declared is not None and declared.kind == OBJECT

    def _call(self, call: Node, made: Node) -> Node:
        function, operands = call["function"], operands_of(call)
        if function == "_?._" and self._is_object(operands[0]):
            field = made["call"]["args"][1]["const"]
            field["string"] = declaring.unescape(field["string"])
        elif function in _ON_LISTS:
            declared = next(
                (one for one in map(self._estimate.type_of, operands) if one and one.identity is not None), None
            )
            if declared is not None:
                return self._on_lists(function, declared, made)
        return made

    def _on_lists(self, function: str, declared: Declared, made: Node) -> Node:
        keys = declared.identity or ()
        args = list(made["call"]["args"])
        if keys:
            args.append(self._made({"list": {"elements": [self._made({"const": {"string": key}}) for key in keys]}}))
        name = f"@{_ON_LISTS[function]}_{'map' if keys else 'set'}"
        call = {"function": name, "args": args}
        if function == "_!=_":
            call = {"function": "!_", "args": [self._made({"call": call})]}
        return {**made, "call": call}

    def _optional(self, old: Node) -> Node:
        given = self._made({"ident": {"name": GIVEN}})
        some = self._made({"call": {"function": "optional.of", "args": [old]}})
        none = self._made({"call": {"function": "optional.none", "args": []}})
        return self._made({"call": {"function": "_?_:_", "args": [given, some, none]}})

    def _made(self, node: Node) -> Node:
        self._last_id += 1
        return {"id": self._last_id, **node}
