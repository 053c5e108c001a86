"""Loops within loops as evaluations of their own, for when one evaluation takes more steps than the library allows.

The library stops an evaluation after 10,000 steps of its loops together, which two loops over 101 items reach. An
expression that has run into that is planned again: every loop within a loop becomes a call, `@inner(number, [values])`,
that evaluates the loop by itself, with the values of the variables around it. That is slower, so it is not done before.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pyk3s.api.cel.syntax import Node

_FIRST_ID = 2_000_000


class Part(NamedTuple):
    """A loop taken out, and the variables of the loops around it that it reads."""

    root: Node
    names: tuple[str, ...]


def is_nested(node: Any, *, looping: bool = False) -> bool:
    """Whether an expression has loops within loops."""
    if isinstance(node, list):
        return any(is_nested(each, looping=looping) for each in node)
    if not isinstance(node, dict):
        return False
    if "comprehension" not in node:
        return any(is_nested(each, looping=looping) for each in node.values())
    loop = node["comprehension"]
    runs = _runs(loop)
    if runs and looping:
        return True
    body = is_nested([loop["condition"], loop["step"]], looping=looping or runs)
    return body or is_nested([loop["range"], loop["init"], loop["result"]], looping=looping)


def split(root: Node) -> tuple[Node, list[Part]]:
    """The expression with calls for the loops within its loops, and those by number."""
    splitting = _Splitting()
    outer = splitting.node(root, frozenset(), looping=False)
    return outer, [splitting.parts[number] for number in range(len(splitting.parts))]


def _runs(loop: Node) -> bool:
    """Whether a comprehension loops; one over nothing only gives a value a name."""
    ranged = loop["range"]
    return not ("list" in ranged and not ranged["list"].get("elements"))


def _free(node: Any, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """The variables that an expression reads and does not bind."""
    if isinstance(node, list):
        return frozenset().union(*(_free(each, bound) for each in node))
    if not isinstance(node, Mapping):
        return frozenset()
    if "ident" in node:
        return frozenset((node["ident"]["name"],)) - bound
    if "comprehension" not in node:
        return frozenset().union(*(_free(each, bound) for each in node.values()))
    loop = node["comprehension"]
    inside = bound | _names(loop)
    around = _free([loop["range"], loop["init"]], bound) | _free(loop["result"], bound | {loop["accu"]})
    return around | _free([loop["condition"], loop["step"]], inside)


def _names(loop: Node) -> frozenset[str]:
    return frozenset(name for name in (loop.get("var"), loop.get("var2"), loop["accu"]) if name)


class _Splitting:
    def __init__(self) -> None:
        self.parts: dict[int, Part] = {}
        self._last_id = _FIRST_ID

    def node(self, node: Any, bound: frozenset[str], *, looping: bool) -> Any:
        if isinstance(node, list):
            return [self.node(each, bound, looping=looping) for each in node]
        if not isinstance(node, dict):
            return node
        if "comprehension" not in node:
            return {key: self.node(each, bound, looping=looping) for key, each in node.items()}
        loop = node["comprehension"]
        runs = _runs(loop)
        if runs and looping:
            return self._taken_out(node, bound)
        made = dict(loop)
        for part in ("range", "init"):
            made[part] = self.node(loop[part], bound, looping=looping)
        for part in ("condition", "step"):
            made[part] = self.node(loop[part], bound | _names(loop), looping=looping or runs)
        made["result"] = self.node(loop["result"], bound | {loop["accu"]}, looping=looping)
        return {**node, "comprehension": made}

    def _taken_out(self, node: Node, bound: frozenset[str]) -> Node:
        names = tuple(sorted(_free(node) & bound))
        number = len(self.parts)
        self.parts[number] = Part(node, names)  # keeps the number
        self.parts[number] = Part(self.node(node, frozenset(names), looping=False), names)
        values = [self._made({"ident": {"name": name}}) for name in names]
        args = [self._made({"const": {"int": number}}), self._made({"list": {"elements": values}})]
        return self._made({"call": {"function": "@inner", "args": args}})

    def _made(self, node: Node) -> Node:
        self._last_id += 1
        return {"id": self._last_id, **node}
