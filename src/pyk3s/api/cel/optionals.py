"""Keeps optional values out of lists, maps and other optionals: there the library hands them to nobody, it crashes.

An expression may give an optional, ask it and choose between several. Where its type does not show what a value is
(`dyn`), what may be an optional follows from how it was made.
"""

from collections.abc import Iterator

from pyk3s.api.cel import engine
from pyk3s.api.cel.literals import Fault
from pyk3s.api.cel.spreading import operands_of
from pyk3s.api.cel.syntax import Checked, Node

TOLD = "an optional value cannot be put into a list, a map or another optional here; take it out with orValue() first"
_WRAPPING = frozenset(("optional.of", "optional.ofNonZeroValue", "cel.@mapInsert"))
_HANDING_ON = frozenset(("dyn", "_[_]", "orValue"))


def faults(checked: Checked) -> list[Fault]:
    """Where an optional value would be put into something."""
    walk = _Walk(checked)
    walk.may_be(checked.root)
    return walk.faults


class _Walk:
    def __init__(self, checked: Checked):
        self._checked = checked
        self._bound: dict[str, bool] = {}
        self.faults: list[Fault] = []

    def may_be(self, node: Node) -> bool:
        """Whether a value may be an optional; looks at everything below on the way."""
        made = self._made(node)
        kind = self._checked.kind(node)
        return bool(kind == "optional_type" or (made and kind == "dyn"))

    def _made(self, node: Node) -> bool:
        match node:
            case {"ident": {"name": name}}:
                return self._bound.get(name, False)
            case {"select": select}:
                return self.may_be(select["operand"])
            case {"call": call}:
                return self._call(call)
            case {"comprehension": loop}:
                return self._loop(loop)
        for member, opened in _members(node):
            if opened:
                self.may_be(member)
            else:
                self._put_in(member)
        return False

    def _put_in(self, node: Node) -> None:
        if self.may_be(node):
            self.faults.append(Fault(self._checked.positions.get(node.get("id", 0), 0), TOLD))

    def _call(self, call: Node) -> bool:
        function, operands = str(call["function"]), operands_of(call)
        if function in _WRAPPING:
            for each in operands:
                self._put_in(each)
            return function != "cel.@mapInsert"
        found = [self.may_be(each) for each in operands]
        if function == "_?_:_":
            return any(found[1:])
        return bool(function in engine.OPTIONAL or (function in _HANDING_ON and any(found)))

    def _loop(self, loop: Node) -> bool:
        self.may_be(loop["range"])
        outer = self._bound.copy()
        names = [name for name in (loop.get("var"), loop.get("var2")) if name]
        self._bound |= dict.fromkeys(names, False) | {loop["accu"]: self.may_be(loop["init"])}
        self.may_be(loop["condition"])
        self._bound[loop["accu"]] |= self.may_be(loop["step"])
        made = self.may_be(loop["result"])
        self._bound = outer
        return made


def _members(node: Node) -> Iterator[tuple[Node, bool]]:
    """The parts of a list or map; whether a `?` opens them, so that what is inside an optional is put in."""
    if "list" in node:
        opened = set(node["list"].get("optional") or ())
        for index, each in enumerate(node["list"].get("elements") or ()):
            yield each, index in opened
    for entry in (node.get("struct") or {}).get("entries") or ():
        if "key" in entry:
            yield entry["key"], False
        if "value" in entry:
            yield entry["value"], bool(entry.get("optional"))
