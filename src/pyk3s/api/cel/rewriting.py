"""From the tree of a checked expression to the one that runs: own functions under their own names, and costs paid.

What the library does in constant time stays as it is. What goes through a text, a list or a map is paid for first: by
the function that does it in the library's place, or by a condition around it that pays (`@pay(n) ? x : false`). An
operation against a short literal is constant time.
"""

from typing import Any

from pyk3s.api.cel import engine
from pyk3s.api.cel.spreading import SCALARS, Spreading, operands_of
from pyk3s.api.cel.syntax import Checked, Node

SHORT = 256
"""Characters of a literal that still count as constant time."""

_TEXTS = frozenset(("string", "bytes"))
_REPLACED = {"contains": "@contains", "matches": "@matches"}
_COMPARING = frozenset(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "startsWith", "endsWith"))
_READING = frozenset(("size", "string", "bytes", "int", "uint", "double", "timestamp", "duration", "bool"))
_DATA = frozenset(("timestamp", "duration", "double", "bytes"))
"""Types that data holds in other forms: texts, whole numbers, base64. Converting what is of the type gives it back."""
_PARSED = frozenset(("string", "bytes", "dyn"))


def rewritten(checked: Checked, times: frozenset[str] = frozenset()) -> Node:
    """The tree to plan. `times` are variables of any type that hold times or durations, as texts."""
    rewriting = _Rewriting(checked, times)
    return rewriting.handed_out(checked.root)


class _Rewriting:
    def __init__(self, checked: Checked, times: frozenset[str]):
        self._checked = checked
        self._times = times
        self._spreading = Spreading(checked)
        self._last_id = 1_000_000

    def handed_out(self, node: Node) -> Node:
        """The value of the whole, which is copied on its way out."""
        return self._paid([node], self.node(node)) if self._is_deep(node) else self.node(node)

    def node(self, node: Node) -> Node:
        kind = self._checked.kind(node)
        if kind in _DATA and ("ident" in node or "select" in node or _is_index(node)):
            return self._from_data(kind, self._inner(node))
        return self._inner(node)

    def _from_data(self, kind: str, node: Node) -> Node:
        if kind == "bytes":
            return self._function("@bytes", node)
        if kind != "timestamp":
            return self._function(kind, node)
        is_text = self._function("_==_", self._function("type", node), self._ident("string"))
        return self._function("_?_:_", is_text, self._function("timestamp", self._function("@moment", node)), node)

    def _inner(self, node: Node) -> Node:
        match node:
            case {"ident": {"name": name}} if name in self._times:
                return self._time(node)
            case {"call": call}:
                return self._call(node, call)
            case {"select": select}:
                return {**node, "select": {**select, "operand": self.node(select["operand"])}}
            case {"list": members}:
                return {
                    **node,
                    "list": {**members, "elements": [self.node(each) for each in members.get("elements") or ()]},
                }
            case {"struct": made}:
                return {
                    **node,
                    "struct": {**made, "entries": [self._entry(each) for each in made.get("entries") or ()]},
                }
            case {"comprehension": comprehension}:
                return self._comprehension(node, comprehension)
        return node

    def _time(self, node: Node) -> Node:
        """A text that is a time if it looks like one, else a duration."""
        is_time = self._function("matches", node, self._const("string", "T"))
        return self._function("_?_:_", is_time, self._function("timestamp", node), self._function("duration", node))

    def _entry(self, entry: Node) -> Node:
        return {**entry, **{part: self.node(entry[part]) for part in ("key", "value") if part in entry}}

    # -- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: Node, call: Node) -> Node:
        name, operands = call["function"], operands_of(call)
        kinds = [self._checked.kind(each) for each in operands]
        made = {**call, "args": [self.node(each) for each in call.get("args") or ()]}
        if "target" in call:
            made["target"] = self.node(call["target"])
        again = {**node, "call": made}
        if name in engine.OWN and (name != "string" or kinds[0] not in engine.CONVERTED):
            return self._own(again, made, name, operands)
        if name in _REPLACED:
            return self._afforded(operands, self._function(_REPLACED[name], *operands_of(made)))
        if name == "cel.@mapInsert":
            return self._paid(operands, self._function("@insert", *made["args"]))
        if name == "_+_":
            return self._sum(again, made, kinds)
        if self._goes_through(name, operands, kinds):
            texts = kinds[0] in _TEXTS and name != "@in"
            return self._paid_text(again) if texts else self._paid([self._smallest(name, operands)], again)
        return again

    def _own(self, node: Node, call: Node, name: str, operands: list[Node]) -> Node:
        call["function"] = f"@{name}"
        if name in engine.CHOSEN:
            items = self._ident("@items")
            position = {**node, "call": {**call, "target": items}}
            return self._bound("@items", call["target"], self._paid(operands, self._function("_[_]", items, position)))
        if self._checked.kind(node) == "duration":
            node = self._function("duration", node)
        made = self._function("optional.ofNonZeroValue", node) if name in engine.OPTIONAL else node
        whole = [each for each in operands if self._is_deep(each)]
        return self._paid(whole, made) if whole else self._afforded(operands, made)

    def _is_deep(self, node: Node) -> bool:
        """Whether handing a value over may take longer than its size tells."""
        type_ = self._checked.types.get(node.get("id", 0)) or {}
        if "list" in type_ and "primitive" in (type_["list"].get("element") or {}):
            return self._spreading.of(node) > 1
        return self._checked.kind(node) in ("list", "map", "dyn")

    def _sum(self, node: Node, call: Node, kinds: list[str]) -> Node:
        if not _TEXTS.isdisjoint(kinds) and "dyn" not in kinds:
            return self._afforded(call["args"], self._function("@concatenate", *call["args"]))
        if not SCALARS.isdisjoint(kinds):
            return node
        grown, size = self._ident("@sum"), self._function("size", self._ident("@sum"))
        paid = self._function("@pay_growth", size)
        if "list" not in kinds:
            sized = [
                self._function("_==_", self._function("type", grown), self._ident(word)) for word in ("list", "string")
            ]
            paid = self._function("_?_:_", self._function("_||_", *sized), paid, self._const("bool", True))
        return self._bound("@sum", node, self._function("_?_:_", paid, grown, grown))

    def _goes_through(self, name: str, operands: list[Node], kinds: list[str]) -> bool:
        if name in _COMPARING:
            constant = any(_short(each) for each in operands) or not SCALARS.isdisjoint(kinds)
            return not constant or (name == "@in" and kinds[1] not in ("map",) and not _short_list(operands[1]))
        return name in _READING and bool(operands) and kinds[0] in _PARSED and not _short(operands[0])

    def _smallest(self, name: str, operands: list[Node]) -> Node:
        """The operand that bounds what an operation goes through."""
        return operands[1] if name == "@in" else min(operands, key=self._spreading.of)

    # -- loops --------------------------------------------------------------------------------------------------

    def _comprehension(self, node: Node, loop: Node) -> Node:
        parts = ("init", "condition", "step", "result")
        made = {**loop, "range": self._paid_range(loop), **{part: self.node(loop[part]) for part in parts}}
        step = loop["step"]
        if "call" in step and step["call"]["function"] in ("_+_", "_?_:_") and self._checked.kind(step) == "list":
            made["step"] = self._gathering(step)
        return {**node, "comprehension": made}

    def _paid_range(self, loop: Node) -> Node:
        ranged = loop["range"]
        if "list" in ranged:
            return self.node(ranged)
        each = self._const("int", 1 + _count(loop["step"]))
        items = self._ident("@items")
        paid = self._function("@pay_steps", self._function("size", items), each)
        return self._bound("@items", self.node(ranged), self._function("_?_:_", paid, items, items))

    def _gathering(self, step: Node) -> Node:
        """A step that appends to the list gathered so far, which the library does in place: paid for by the loop."""
        call = step["call"]
        if call["function"] == "_?_:_":
            condition, chosen, otherwise = call["args"]
            args = [
                self.node(condition),
                *(self._gathering(each) if "call" in each else each for each in (chosen, otherwise)),
            ]
            return {**step, "call": {**call, "args": args}}
        gathered, more = call["args"]
        if "ident" in gathered and "list" in more:
            return {**step, "call": {**call, "args": [gathered, self.node(more)]}}
        return self.node(step)

    # -- making nodes -------------------------------------------------------------------------------------------

    def _paid(self, operands: list[Node], node: Node) -> Node:
        spread = sum(self._spreading.of(each) for each in operands)
        paid = self._function("@pay", self._const("double", min(max(spread, 1.0), 1e30)))
        return self._function("_?_:_", paid, node, self._const("bool", False))

    def _paid_text(self, node: Node) -> Node:
        return self._function("_?_:_", self._function("@pay_text"), node, self._const("bool", False))

    def _afforded(self, operands: list[Node], node: Node) -> Node:
        """A call that pays by itself, but not before its texts have been copied: not begun when the budget is spent."""
        if all(map(_short, operands)):
            return node
        return self._function("_?_:_", self._function("@afford"), node, self._const("bool", False))

    def _bound(self, name: str, value: Node, result: Node) -> Node:
        """The result, in which the name stands for the value: a loop without steps."""
        loop = {
            "var": "@unused",
            "range": self._made({"list": {}}),
            "accu": name,
            "init": value,
            "condition": self._const("bool", False),
            "step": self._ident(name),
            "result": result,
        }
        return self._made({"comprehension": loop})

    def _function(self, name: str, *args: Node) -> Node:
        return self._made({"call": {"function": name, "args": list(args)}})

    def _ident(self, name: str) -> Node:
        return self._made({"ident": {"name": name}})

    def _const(self, kind: str, value: Any) -> Node:
        return self._made({"const": {kind: value}})

    def _made(self, node: Node) -> Node:
        self._last_id += 1
        return {"id": self._last_id, **node}


def _is_index(node: Node) -> bool:
    return bool((node.get("call") or {}).get("function") == "_[_]")


def _short(node: Node) -> bool:
    constant = node.get("const")
    return constant is not None and all(
        not isinstance(each, (str, bytes)) or len(each) <= SHORT for each in constant.values()
    )


def _short_list(node: Node) -> bool:
    elements = (node.get("list") or {}).get("elements") or ()
    return "list" in node and len(elements) <= SHORT and all(map(_short, elements))


def _count(node: Any) -> int:
    """The steps of an expression, loops inside it once."""
    if isinstance(node, dict):
        return ("id" in node) + sum(map(_count, node.values()))
    return sum(map(_count, node)) if isinstance(node, list) else 0
