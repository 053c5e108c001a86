"""JSONPath templates: `{.items[*].metadata.name}`, `{range .items[*]}...{end}`, filters, slices, unions, `..`.

A template is text with expressions in braces. It is parsed into nodes once; evaluating walks them. Filters compare
with ==, !=, <, <=, >, >= or ask whether something is there.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyk3s.kubectl.printing import json_text


class PathError(Exception):
    """A template that cannot be read, or finds nothing where something must be."""


class Text(NamedTuple):
    text: str


class Field(NamedTuple):
    name: str


class Slice(NamedTuple):
    """`[1]`, `[0:4:2]`, `[-1:]`; `single` where it is one index."""

    start: int | None
    end: int | None
    step: int
    single: bool


class Wildcard(NamedTuple):
    pass


class Recursive(NamedTuple):
    pass


class Filter(NamedTuple):
    left: "Expression | Text | Number"
    operator: str
    right: "Expression | Text | Number"


class Number(NamedTuple):
    value: float | bool


class Union(NamedTuple):
    parts: tuple["Expression", ...]


class Expression(NamedTuple):
    """Steps, from the root where `rooted`, else from the current object."""

    steps: tuple[Any, ...]
    rooted: bool = False


class Range(NamedTuple):
    over: Expression
    body: tuple[Any, ...]


Node = Text | Number | Expression | Range
_ACTION = re.compile(r"""\{((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^{}"'])*)\}""")
_NAME = re.compile(r"(?:[^\s.\[\](){}?@$'\"=!<>,|&\\]|\\.)+")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_INDEX = re.compile(r"\[(-?\d*)(:(-?\d*))?(:(-?\d*))?\]")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>|=~")
_NUMBER = re.compile(r"-?\d+(\.\d+)?$")
_SKIPPED = object()  # a dot that leads to nothing, as in `.[0]`
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def relaxed(text: str) -> str:
    """An expression as people type it (`.metadata.name`, `metadata.name`, `{...}`), in braces and with its dot."""
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    if "{" in inner or "}" in inner:
        raise PathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return "{" + (inner if inner.startswith((".", "[", "$", "@")) else f".{inner}") + "}"


def parse(template: str) -> tuple[Node, ...]:
    """The nodes of a template; raises PathError."""
    stack: list[tuple[Expression | None, list[Node]]] = [(None, [])]
    place = 0
    while place < len(template):
        brace = template.find("{", place)
        if brace < 0:
            stack[-1][1].append(Text(template[place:]))
            break
        if brace > place:
            stack[-1][1].append(Text(template[place:brace]))
        found = _ACTION.match(template, brace)
        if found is None:
            raise PathError("unclosed action")
        _act(found[1].strip(), stack)
        place = found.end()
    if len(stack) > 1:
        raise PathError("not in range, nothing to end" if stack[-1][0] is None else "unterminated range")
    return tuple(stack[0][1])


def _act(action: str, stack: list[tuple[Expression | None, list[Node]]]) -> None:
    if action == "end":
        if len(stack) == 1:
            raise PathError("not in range, nothing to end")
        over, body = stack.pop()
        assert over is not None
        stack[-1][1].append(Range(over, tuple(body)))
        return
    if action.startswith("range ") or action == "range":
        stack.append((_expression(action[5:].strip()), []))
        return
    reader = _Reader(action)
    while not reader.done:
        stack[-1][1].append(reader.node())


def _expression(text: str) -> Expression:
    reader = _Reader(text)
    found = reader.expression()
    if not reader.done:
        raise PathError(f"unrecognized character in action: U+{ord(reader.rest[0]):04X} '{reader.rest[0]}'")
    return found


class _Reader:
    def __init__(self, text: str):
        self._text, self._place = text, 0

    @property
    def rest(self) -> str:
        return self._text[self._place :]

    @property
    def done(self) -> bool:
        self._skip_blanks()
        return self._place >= len(self._text)

    def _skip_blanks(self) -> None:
        while self._place < len(self._text) and self._text[self._place] in " \t\n":
            self._place += 1

    def _take(self, pattern: "re.Pattern[str]") -> "re.Match[str] | None":
        found = pattern.match(self._text, self._place)
        if found:
            self._place = found.end()
        return found

    def node(self) -> Text | Number | Expression:
        """A quoted text, a number or an expression."""
        self._skip_blanks()
        if quoted := self._take(_QUOTED):
            return Text(_unquoted(quoted))
        if literal := re.match(r"-?\d+(\.\d+)?(?![\w.\[])|(true|false)(?![\w.\[])", self.rest):
            self._place += literal.end()
            return Number(literal[0] == "true" if literal[0][0] in "tf" else float(literal[0]))
        return self.expression()

    def expression(self) -> Expression:
        self._skip_blanks()
        rooted = self.rest.startswith("$")
        if self.rest[:1] in ("$", "@"):
            self._place += 1
            if self._place >= len(self._text) or self._text[self._place] in " )":
                return Expression((), rooted)
        steps: list[Any] = []
        while (step := self._step(first=not steps)) is not None:
            if step is not _SKIPPED:
                steps.append(step)
        if not steps and not self.done and self.rest[0] not in ")=!<> ":
            raise PathError(f"unrecognized character in action: U+{ord(self.rest[0]):04X} '{self.rest[0]}'")
        return Expression(tuple(steps), rooted)

    def _step(self, *, first: bool) -> Any:
        rest = self.rest
        if rest.startswith(".."):
            self._place += 1 if rest[2:3] not in ("[", "*") else 2
            return Recursive()
        if rest.startswith(".*") or (first and rest.startswith("*")):
            self._place += 2 if rest[0] == "." else 1
            return Wildcard()
        if rest.startswith(".") and rest[1:2] in ("", " ", "[", ")"):
            self._place += 1
            return _SKIPPED
        if rest.startswith("."):
            self._place += 1
            return self._name()
        if rest.startswith("["):
            return self._bracket()
        if first and _NAME.match(rest):
            return self._name()
        return None

    def _name(self) -> Field:
        found = self._take(_NAME)
        if not found:
            raise PathError(f"unrecognized character in action: U+{ord(self.rest[0]):04X} '{self.rest[0]}'")
        return Field(re.sub(r"\\(.)", r"\1", found[0]))

    def _bracket(self) -> Any:
        rest = self.rest
        if rest.startswith("[*]"):
            self._place += 3
            return Wildcard()
        if rest.startswith("[?("):
            return self._filter()
        found = _INDEX.match(rest)
        if found and rest != "[]":
            self._place += found.end()
            return _slice(found)
        end = rest.find("]")
        if end < 0:
            raise PathError("unterminated array")
        inner = rest[1:end]
        self._place += end + 1
        if not inner:
            return Wildcard()
        parts = [part.strip() for part in inner.split(",")]
        if len(parts) == 1:
            return Field(_key(parts[0]))
        return Union(tuple(_union_part(part) for part in parts))

    def _filter(self) -> Filter:
        self._place += 3
        left = self.node()
        self._skip_blanks()
        operator = self._take(_OPERATOR)
        right: Text | Number | Expression = Text("")
        if operator:
            if operator[0] == "=~":
                raise PathError("unrecognized filter operator =~")
            right = self.node()
        self._skip_blanks()
        if not self.rest.startswith(")]"):
            raise PathError("unterminated filter")
        self._place += 2
        return Filter(left, operator[0] if operator else "exists", right)


def _union_part(part: str) -> Expression:
    if _NUMBER.fullmatch(part):
        index = int(part)
        return Expression((Slice(index, index + 1 if index != -1 else None, 1, True),))
    return Expression((Field(_key(part)),)) if part[:1] in "'\"" else _expression(part)


def _key(part: str) -> str:
    """A key in brackets, which must be in single quotes."""
    quoted = _QUOTED.fullmatch(part)
    if quoted is None or quoted[1] is None:
        raise PathError(f"invalid array index {part}")
    return _unquoted(quoted)


def _unquoted(found: "re.Match[str]") -> str:
    text = found[1] if found[1] is not None else found[2]
    return re.sub(r"\\(.)", lambda each: _ESCAPED.get(each[1], each[1]), text)


def _slice(found: "re.Match[str]") -> Slice:
    start = int(found[1]) if found[1] else None
    if not found[2]:
        return Slice(start, None, 1, True)
    step = int(found[5]) if found[5] else 1
    if step <= 0:
        raise PathError("step must be > 0")
    return Slice(start, int(found[3]) if found[3] else None, step, False)


def evaluate(nodes: Iterable[Node], root: Any, *, lenient: bool = True) -> str:
    """The text of a template for an object; what is missing is nothing if `lenient`, else a PathError."""
    return "".join(_texts(nodes, root, root, lenient))


def _texts(nodes: Iterable[Node], root: Any, current: Any, lenient: bool) -> Iterator[str]:
    for node in nodes:
        match node:
            case Text(text):
                yield text
            case Number(value):
                yield shown(int(value) if float(value).is_integer() and not isinstance(value, bool) else value)
            case Range(over, body):
                for each in values(over, root, current, lenient):
                    yield from _texts(body, root, each, lenient)
            case Expression():
                yield " ".join(shown(each) for each in values(node, root, current, lenient))


def results(nodes: Iterable[Node], root: Any, *, lenient: bool = True) -> list[list[Any]]:
    """What each expression of a template finds."""
    return [values(node, root, root, lenient) for node in nodes if isinstance(node, Expression)]


def values(expression: Expression, root: Any, current: Any, lenient: bool = True) -> list[Any]:
    """Everything that an expression finds; raises PathError."""
    found = [root if expression.rooted else current]
    for step in expression.steps:
        found = [inner for each in found for inner in _follow(step, each, root, lenient)]
    return found


def _follow(step: Any, value: Any, root: Any, lenient: bool) -> Iterable[Any]:
    match step:
        case Field(name):
            return _field(name, value, lenient)
        case Slice():
            return _sliced(step, value, lenient)
        case Wildcard():
            if isinstance(value, dict):
                return [value[key] for key in sorted(value)]
            return value if isinstance(value, list) else []
        case Recursive():
            return _descendants(value)
        case Union(parts):
            return [inner for part in parts for inner in values(part, root, value, lenient)]
        case Filter():
            if not isinstance(value, list):
                if lenient and value is None:
                    return []
                raise PathError(f"{shown(value)} is not array or slice and cannot be filtered")
            return [each for each in value if _holds(step, each, root)]
    raise AssertionError(step)


def _field(name: str, value: Any, lenient: bool) -> list[Any]:
    if isinstance(value, dict) and name in value:
        return [value[name]]
    if lenient:
        return []
    raise PathError(f"{name} is not found")


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
    if isinstance(inner, list):
        for each in inner:
            if isinstance(each, dict | list):
                yield from _descendants(each)


def _sliced(step: Slice, value: Any, lenient: bool) -> list[Any]:
    if value is None and lenient:
        return []
    if not isinstance(value, list):
        raise PathError(f"{shown(value)} is not array or slice")
    if step.single:
        index = step.start or 0
        if -len(value) <= index < len(value):
            return [value[index]]
        if lenient:
            return []
        raise PathError(f"array index out of bounds: index {index}, length {len(value)}")
    start = step.start or 0
    end = len(value) if step.end is None else step.end
    return value[start if start >= 0 else max(start + len(value), 0) : end : step.step]


def _holds(step: Filter, value: Any, root: Any) -> bool:
    left = _operand(step.left, value, root)
    if step.operator == "exists":
        return bool(left)
    right = _operand(step.right, value, root)
    if len(left) > 1 or len(right) > 1:
        raise PathError("can only compare one element at a time")
    if not left or not right:
        return step.operator == "!=" and bool(left or right)
    return _compare(left[0], step.operator, right[0])


def _operand(node: Any, value: Any, root: Any) -> list[Any]:
    match node:
        case Text(text):
            return [text]
        case Number(number):
            return [number]
    return values(node, root, value)


def _compare(left: Any, operator: str, right: Any) -> bool:
    if operator in ("==", "!="):
        return (left == right and isinstance(left, bool) == isinstance(right, bool)) is (operator == "==")
    number = isinstance(left, int | float) and isinstance(right, int | float)
    if not number and not (isinstance(left, str) and isinstance(right, str)):
        raise PathError(f"incompatible types for comparison: {shown(left)} and {shown(right)}")
    if operator in ("<", "<="):
        return bool(left < right or (operator == "<=" and left == right))
    return bool(left > right or (operator == ">=" and left == right))


def shown(value: Any) -> str:
    """A value as a template prints it: text bare, everything else as JSON."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case None:
            return ""
        case dict() | list():
            return json_text.compact(value)
    return str(value)
