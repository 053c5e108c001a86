"""What an expression may cost at most, by the sizes that its types allow. The cost model is that of Kubernetes.

One unit is about a step; going through a text costs a tenth per character, a pattern the product of both lengths. What
has no known size is as large as can be. Costs and sizes stop at MOST.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from pyk3s.api.cel.declared import KEY, LIST, MAP, Declared
from pyk3s.api.cel.spreading import operands_of
from pyk3s.api.cel.syntax import Checked, Node

MOST = 2**64 - 1
PER_CHARACTER, PER_PATTERN_CHARACTER = 0.1, 0.25
LIST_COST, MAP_COST, MESSAGE_COST = 10, 30, 40
CHECK_COST = 350_000

_SCALARS = frozenset(("bool", "double", "duration", "int", "timestamp", "uint"))
_WHOLE_LIST = frozenset(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"))
_ONCE = frozenset(("lowerAscii", "upperAscii", "substring", "trim"))
_COMPARING = frozenset(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"))


class Size(NamedTuple):
    least: int
    most: int

    def __add__(self, other: "Size") -> "Size":  # type: ignore[override]
        return Size(_capped(self.least + other.least), _capped(self.most + other.most))

    def times(self, other: "Size") -> "Size":
        return Size(_capped(self.least * other.least), _capped(self.most * other.most))

    def or_(self, other: "Size") -> "Size":
        return Size(min(self.least, other.least), max(self.most, other.most))

    def cost(self, factor: float) -> int:
        return _by(self.most, factor)


UNKNOWN = Size(0, MOST)
ONE = Size(1, 1)


def _capped(number: int) -> int:
    return min(number, MOST)


def _by(number: int, factor: float) -> int:
    return MOST if number >= MOST else _capped(math.ceil(number * factor))


class Estimate:
    """An expression walked through once: `cost` is the highest of one evaluation."""

    def __init__(self, checked: Checked, variables: Mapping[str, Declared]):
        self._checked = checked
        self._declared: dict[str, Declared | None] = dict(variables)
        self._local: dict[str, Size] = {}
        self._types: dict[int, Declared] = {}
        self._sizes: dict[int, Size] = {}
        self._entries: dict[int, Size] = {}
        self.cost = _capped(self._of(checked.root))

    def type_of(self, node: Node) -> Declared | None:
        """The declared type of a node that is a part of a variable."""
        return self._types.get(node.get("id", 0))

    def _of(self, node: Node) -> int:
        match node:
            case {"ident": {"name": name}}:
                if (declared := self._declared.get(name)) is not None:
                    self._types[node["id"]] = declared
                if name in self._local:
                    self._sizes.setdefault(node["id"], self._local[name])
                return 1
            case {"select": select}:
                return self._select(node, select)
            case {"call": call}:
                return self._call(node, call)
            case {"list": members}:
                return self._list(node, members.get("elements") or [])
            case {"struct": made}:
                parts = [
                    entry[part] for entry in made.get("entries") or () for part in ("key", "value") if part in entry
                ]
                return (MESSAGE_COST if made.get("name") else MAP_COST) + sum(map(self._of, parts))
            case {"comprehension": loop}:
                return self._loop(node, loop)
        return 0

    def _size(self, node: Node) -> Size:
        """How large a value of this node can be; of a scalar it is one."""
        number = node.get("id", 0)
        if number in self._sizes:
            return self._sizes[number]
        if "const" in node:
            value = next(iter(node["const"].values()), None)
            return Size(len(value), len(value)) if isinstance(value, (str, bytes)) else ONE
        for kind, parts in (("list", "elements"), ("struct", "entries")):
            if kind in node:
                count = len(node[kind].get(parts) or ())
                return Size(count, count)
        if number in self._types:
            return Size(0, self._types[number].most)
        return ONE if self._checked.kind(node) in _SCALARS else UNKNOWN

    def _select(self, node: Node, select: Node) -> int:
        operand = select["operand"]
        cost = self._of(operand)
        if select.get("test"):
            return cost
        if (declared := self._types.get(operand["id"])) and (below := declared.below(select["field"])):
            self._types[node["id"]] = below
        kind = self._checked.kind(operand)
        return cost + (0 if kind in ("dyn", "optional_type") else 1)

    def _list(self, node: Node, elements: list[Node]) -> int:
        cost = LIST_COST
        entry = None
        for each in elements:
            cost += self._of(each)
            entry = self._size(each) if entry is None else entry.or_(self._size(each))
        self._entries[node["id"]] = entry or Size(0, 0)
        return cost

    def _loop(self, node: Node, loop: Node) -> int:
        ranged, init, step = loop["range"], loop["init"], loop["step"]
        cost = self._of(ranged) + self._of(init)
        count = self._size(ranged)
        outer = self._declared.copy(), self._local.copy()
        self._bind(loop, ranged)
        self._local[loop["accu"]] = self._size(init)
        self._declared[loop["accu"]] = self._types.get(init["id"])
        each = self._of(loop["condition"]) + self._of(step)
        cost += self._of(loop["result"]) + _capped(count.most * each)
        self._declared, self._local = outer
        if "list" in init or "struct" in init:
            self._sizes[node["id"]] = count
            if step["id"] in self._entries:
                self._entries[node["id"]] = self._entries[step["id"]]
        elif "const" in init:
            self._sizes[node["id"]] = self._size(init)
        return _capped(cost)

    def _bind(self, loop: Node, ranged: Node) -> None:
        """What the variables of a loop are: items, keys or values of what it goes through."""
        type_, is_map = self._types.get(ranged["id"]), self._checked.kind(ranged) == MAP
        element = type_.element if type_ is not None else None
        if loop.get("var2"):
            self._declared[loop["var"]] = KEY if is_map else None
            self._declared[loop["var2"]] = element
        else:
            self._declared[loop["var"]] = KEY if is_map else element
        value = loop.get("var2") or ("" if is_map else loop["var"])
        for name in (loop["var"], loop.get("var2")):
            self._local.pop(name or "", None)
        if value and ranged["id"] in self._entries:
            self._local[value] = self._entries[ranged["id"]]

    # -- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: Node, call: Node) -> int:
        name, operands = call["function"], operands_of(call)
        costs = [self._of(each) for each in operands]
        if name == "_?_:_":
            return self._conditional(node, operands, costs)
        cost, result = self._function(node, name, operands)
        if result is not None:
            self._sizes[node["id"]] = result
        return _capped(cost + sum(costs))

    def _conditional(self, node: Node, operands: list[Node], costs: list[int]) -> int:
        one, other = operands[1:]
        self._sizes[node["id"]] = self._size(one).or_(self._size(other))
        if one["id"] in self._entries and other["id"] in self._entries:
            self._entries[node["id"]] = self._entries[one["id"]].or_(self._entries[other["id"]])
        return _capped(costs[0] + max(costs[1:]))

    def _function(self, node: Node, name: str, operands: list[Node]) -> tuple[int, Size | None]:
        """The cost of a function beyond that of its operands, and the size of its result."""
        sizes = [self._size(each) for each in operands]
        if name in ("_&&_", "_||_"):
            return 0, None
        if name in _COMPARING:
            return self._comparison(name, operands, sizes), None
        if name == "_+_":
            return self._sum(node, operands, sizes)
        if name in ("_[_]", "_[?_]", "_?._"):
            return self._index(node, operands)
        if name in _WHOLE_LIST:
            return self._whole_list(operands[0], sizes[0]), None
        if name == "check":
            return CHECK_COST, None
        if name in ("matches", "find", "findAll"):
            text = (sizes[0] + ONE).cost(PER_CHARACTER)
            return _capped(text * sizes[1].cost(PER_PATTERN_CHARACTER)), Size(0, sizes[0].most)
        if name == "contains":
            return _capped(sizes[0].cost(PER_CHARACTER) * sizes[1].cost(PER_CHARACTER)), None
        if name in ("startsWith", "endsWith"):
            return sizes[1].cost(PER_CHARACTER), None
        if name == "@in":
            return (sizes[1].most if self._checked.kind(operands[1]) != MAP else 1), None
        return self._text_function(name, operands, sizes)

    def _text_function(self, name: str, operands: list[Node], sizes: list[Size]) -> tuple[int, Size | None]:
        if name in _ONCE:
            return sizes[0].cost(PER_CHARACTER), sizes[0]
        if name == "url":
            return sizes[0].cost(PER_CHARACTER), None
        if name == "replace" and len(sizes) >= 3:
            return sizes[0].cost(2 * PER_CHARACTER), _replaced(*sizes[:3])
        if name == "split":
            return sizes[0].cost(2 * PER_CHARACTER), Size(0, _parts(operands, sizes[0]))
        if name == "join":
            joined = self._joined(operands, sizes)
            return joined.cost(PER_CHARACTER), joined
        if name == "format":
            return sizes[0].cost(PER_CHARACTER), sizes[0] + sizes[1]
        kind = self._checked.kind(operands[0]) if operands else ""
        if name == "bytes" and kind == "string":
            return sizes[0].cost(PER_CHARACTER), Size(sizes[0].least, _capped(sizes[0].most * 4))
        if name == "string" and kind == "bytes":
            return sizes[0].cost(PER_CHARACTER), sizes[0]
        return 1, None

    def _comparison(self, name: str, operands: list[Node], sizes: list[Size]) -> int:
        kinds = {self._checked.kind(each) for each in operands}
        if name not in ("_==_", "_!=_") and kinds <= _SCALARS:
            return 1
        return _by(min(size.most for size in sizes), PER_CHARACTER)

    def _sum(self, node: Node, operands: list[Node], sizes: list[Size]) -> tuple[int, Size | None]:
        kinds = {self._checked.kind(each) for each in operands}
        if kinds & _SCALARS:
            return 1, None
        made = sizes[0] + sizes[1]
        if LIST in kinds:
            known = [self._entries[each["id"]] for each in operands if each["id"] in self._entries]
            if known:
                self._entries[node["id"]] = known[0].or_(known[-1])
            return 1, made
        return made.cost(PER_CHARACTER), made

    def _index(self, node: Node, operands: list[Node]) -> tuple[int, Size | None]:
        declared = self._types.get(operands[0]["id"])
        if declared is not None:
            below = declared.below(operands[1].get("const", {}).get("string", ""))
            if below is not None:
                self._types[node["id"]] = below
        return 1, self._entries.get(operands[0]["id"])

    def _whole_list(self, items: Node, size: Size) -> int:
        if self._checked.kind(items) == "string":
            return size.cost(PER_CHARACTER)
        element = self._entry(items)
        type_ = (self._checked.types.get(items["id"]) or {}).get("list", {}).get("element", {})
        read = element.cost(PER_CHARACTER) if type_.get("primitive") in (5, 6) else 0
        return _capped(size.most * (1 + read))

    def _entry(self, items: Node) -> Size:
        if items["id"] in self._entries:
            return self._entries[items["id"]]
        declared = self._types.get(items["id"])
        return Size(0, declared.element.most) if declared is not None and declared.element is not None else UNKNOWN

    def _joined(self, operands: list[Node], sizes: list[Size]) -> Size:
        made = sizes[0].times(self._entry(operands[0]))
        if len(sizes) > 1:
            made += sizes[1].times(Size(max(0, sizes[0].least - 1), max(0, sizes[0].most - 1)))
        return made


def _replaced(text: Size, old: Size, new: Size) -> Size:
    """The longest result: as many of the shortest occurrences as fit, each replaced by the longest text."""
    if old.least == 0:
        return Size(0, _capped(_capped(text.most + 1) * new.most + text.most))
    if new.most <= old.least:
        return Size(0, text.most)
    return Size(0, _capped(math.ceil(text.most / old.least) * new.most))


def _parts(operands: list[Node], text: Size) -> int:
    if len(operands) > 2 and (most := operands[2].get("const", {}).get("int")) is not None and most >= 0:
        return int(most)
    return text.most
