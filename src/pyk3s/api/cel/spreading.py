"""How often the result of an expression can repeat what it was given.

`[x, x]` holds x twice; a chain of such lists holds it 2^n times without taking memory, until something goes through it.
A form says this of a node: symbol -> how many times what the symbol stands for. Symbols are the variables of the
expression, the variables of its comprehensions, and "" for what it makes itself and has paid for. Loops run at most
MOST_STEPS times, which the library sees to.
"""

from pyk3s.api.cel.syntax import Checked, Node

MOST_STEPS = 10_000.0
SCALARS = frozenset(("bool", "int", "uint", "double", "null", "timestamp", "duration", "type"))
MADE = ""

Form = dict[str, float]


class Spreading:
    """The forms of all nodes of one expression, found in one walk."""

    def __init__(self, checked: Checked):
        self._checked = checked
        self._bound: dict[str, Form] = {}
        self._totals: dict[str, float] = {}
        self._forms: dict[int, Form] = {}
        self._form(checked.root)

    def of(self, node: Node) -> float:
        """How many times the whole input a value of this node can hold, at most."""
        return self._total(self._forms.get(node.get("id", 0), {}))

    def _total(self, form: Form) -> float:
        return sum(count * self._totals.get(symbol, 1.0) for symbol, count in form.items())

    def _form(self, node: Node) -> Form:
        form = self._of_kind(node)
        if self._checked.kind(node) in SCALARS:
            form = {}
        self._forms[node.get("id", 0)] = form
        return form

    def _of_kind(self, node: Node) -> Form:
        match node:
            case {"ident": {"name": name}}:
                return self._bound.get(name, {name: 1.0})
            case {"select": {"operand": operand}}:
                return self._form(operand)
            case {"call": call}:
                return self._of_call(call)
            case {"list": members}:
                return added(*map(self._form, members.get("elements") or ()), {MADE: 1.0})
            case {"struct": made}:
                entries = made.get("entries") or ()
                return added(
                    *(self._form(entry[part]) for entry in entries for part in ("key", "value") if part in entry)
                )
            case {"comprehension": comprehension}:
                return self._of_comprehension(node.get("id", 0), comprehension)
        return {MADE: 1.0}

    def _of_call(self, call: Node) -> Form:
        operands = [self._form(each) for each in operands_of(call)]
        function = call["function"]
        if function == "_?_:_":
            return largest(*operands[1:])
        if function in ("_[_]", "_?._", "_[?_]"):
            return operands[0]
        return added(*operands, {MADE: 1.0})

    def _of_comprehension(self, number: int, node: Node) -> Form:
        ranged, init = self._form(node["range"]), self._form(node["init"])
        steps = _steps(node["range"])
        item, accu = f"item {number}", f"accu {number}"
        self._totals[item] = self._total(ranged)
        names = {name: {item: 1.0} for name in (node.get("var"), node.get("var2")) if name}
        outer = {name: self._bound.get(name) for name in (*names, node["accu"])}
        self._bound |= names | {node["accu"]: {accu: 1.0}}
        self._form(node["condition"])
        step = self._form(node["step"])
        total = _looped(step, init, ranged, item, accu, steps)
        self._totals[accu] = self._total(total)
        self._bound[node["accu"]] = total
        result = self._form(node["result"])
        for name, form in outer.items():
            if form is None:
                self._bound.pop(name, None)
            else:
                self._bound[name] = form
        return result


def operands_of(call: Node) -> list[Node]:
    """The target of a call, if it has one, and its arguments."""
    target = [call["target"]] if "target" in call else []
    return [*target, *(call.get("args") or ())]


def _looped(step: Form, init: Form, ranged: Form, item: str, accu: str, steps: float) -> Form:
    """What a loop has gathered at its end: each item's part once, everything from outside once a step."""
    if steps == 0:
        return init
    if step.get(accu, 0.0) > 1.0:
        return {MADE: float("inf")}
    made = dict(init)
    for symbol, count in step.items():
        if symbol == item:
            made = added(made, {inner: count * each for inner, each in ranged.items()})
        elif symbol == MADE:
            made = added(made, {MADE: count})
        elif symbol != accu:
            made = added(made, {symbol: count * steps})
    return made


def _steps(ranged: Node) -> float:
    if "list" in ranged:
        return float(len(ranged["list"].get("elements") or ()))
    return MOST_STEPS


def added(*forms: Form) -> Form:
    made: Form = {}
    for form in forms:
        for symbol, count in form.items():
            made[symbol] = made.get(symbol, 0.0) + count
    return made


def largest(*forms: Form) -> Form:
    made: Form = {}
    for form in forms:
        for symbol, count in form.items():
            made[symbol] = max(made.get(symbol, 0.0), count)
    return made
