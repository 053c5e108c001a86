"""Label and field selectors: parsed once from their text or object, then matched against many objects.

The text of label selectors follows upstream's grammar (`a=b, c!=d, e in (f,g), h notin (i), j, !k, l>5, m<7`) with its
error messages; the caller turns SelectorError into a 400. Of a selector's requirements all must hold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyk3s.api import fields, names

Labels = Mapping[str, str]

IN, NOT_IN, EXISTS, DOES_NOT_EXIST, GREATER, LESS = "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"

_OPERATORS = {"in": IN, "notin": NOT_IN, "=": IN, "==": IN, "!=": NOT_IN, ">": GREATER, "<": LESS}
_EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class SelectorError(ValueError):
    """Text that is no selector, in upstream's words."""


class Requirement(NamedTuple):
    """What the label `key` must be: one of the values, none of them, there, not there, above or below a number."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Labels) -> bool:
        """Whether it holds; a label that is not there satisfies NotIn."""
        if self.operator == IN:
            return labels.get(self.key) in self.values
        if self.operator == NOT_IN:
            return labels.get(self.key) not in self.values
        if self.operator == EXISTS:
            return self.key in labels
        if self.operator == DOES_NOT_EXIST:
            return self.key not in labels
        number, bound = _integer(labels.get(self.key, "")), _integer(min(self.values))
        if number is None or bound is None:
            return False
        return number > bound if self.operator == GREATER else number < bound


class LabelSelector:
    """All requirements of a selector; without any it matches everything."""

    __slots__ = ("_equal", "_others", "requirements")

    def __init__(self, requirements: Sequence[Requirement]):
        self.requirements = tuple(requirements)
        # Plain equality is most of what selectors say, and one dictionary look-up each.
        plain = [each for each in self.requirements if each.operator == IN and len(each.values) == 1]
        self._equal = tuple((each.key, next(iter(each.values))) for each in plain)
        self._others = tuple(each for each in self.requirements if each not in plain)

    def matches(self, labels: Labels | None) -> bool:
        labels = labels or {}
        for key, value in self._equal:
            if labels.get(key) != value:
                return False
        return all(each.matches(labels) for each in self._others)

    @property
    def empty(self) -> bool:
        """Whether it matches everything."""
        return not self.requirements


class _Nothing(LabelSelector):
    def matches(self, labels: Labels | None) -> bool:
        return False


EVERYTHING = LabelSelector(())
NOTHING = _Nothing(())


def parse_labels(text: str) -> LabelSelector:
    """The selector of a labelSelector parameter; raises SelectorError."""
    requirements = _Parser(text).requirements()
    return LabelSelector(requirements) if requirements else EVERYTHING


def from_label_selector(value: Mapping[str, Any] | None) -> LabelSelector:
    """The selector of a metav1.LabelSelector object: none matches nothing, an empty one everything."""
    if value is None:
        return NOTHING
    found = [Requirement(key, IN, frozenset((wanted,))) for key, wanted in (value.get("matchLabels") or {}).items()]
    for expression in value.get("matchExpressions") or ():
        found.append(Requirement(expression["key"], expression["operator"], frozenset(expression.get("values") or ())))
    return LabelSelector(found) if found else EVERYTHING


class FieldRequirement(NamedTuple):
    """A field that must, or must not, have a value."""

    field: str
    equal: bool
    value: str


class FieldSelector:
    """All requirements of a field selector, matched against the selectable fields of an object as text."""

    __slots__ = ("requirements",)

    def __init__(self, requirements: Sequence[FieldRequirement]):
        self.requirements = tuple(requirements)

    def matches(self, values: Mapping[str, str]) -> bool:
        return all((values.get(each.field, "") == each.value) == each.equal for each in self.requirements)

    def exact(self, field: str) -> str | None:
        """The one value that a field must have, or None if the selector does not say."""
        return next((each.value for each in self.requirements if each.field == field and each.equal), None)

    @property
    def fields(self) -> frozenset[str]:
        """The fields it looks at."""
        return frozenset(each.field for each in self.requirements)

    @property
    def empty(self) -> bool:
        """Whether it matches everything."""
        return not self.requirements


def parse_fields(text: str) -> FieldSelector:
    """The selector of a fieldSelector parameter (`a=b,c!=d`, with `\\,` `\\=` `\\\\` escaped); raises SelectorError."""
    found = []
    for term in sorted(re.findall(r"(?:[^,\\]|\\.|\\$)+", text, re.DOTALL)):
        split = re.match(r"((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)(.*)", term, re.DOTALL)
        if split is None:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = split.groups()
        found.append(FieldRequirement(field, operator != "!=", _unescaped(value)))
    return FieldSelector(found)


def _unescaped(value: str) -> str:
    for escape, other in re.findall(r"(\\.?)|([=,])", value, re.DOTALL):
        if other:
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(other)}")
        if escape not in ("\\\\", "\\,", "\\="):
            raise SelectorError(f"invalid field selector: invalid escape sequence: {escape}")
    return re.sub(r"\\(.)", r"\1", value)


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None


class _Token(NamedTuple):
    kind: str  # a symbol, "word" or "end"
    text: str


_LEXEME = re.compile(r"[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+)|$)")


def _tokens(text: str) -> Iterator[_Token]:
    for match in _LEXEME.finditer(text):
        symbol, word = match.groups()
        if symbol:
            yield _Token(symbol, symbol)
        elif word:
            yield _Token("word", word)
    yield _Token("end", "")


class _Parser:
    """Recursive descent over the tokens of one text; every refusal says what was found and what would have fitted."""

    def __init__(self, text: str):
        self._tokens = list(_tokens(text))
        self._place = 0

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while self._next.kind != "end":
            if self._next.kind not in ("word", "!"):
                raise SelectorError(f"found '{self._next.text}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            after = self._take()
            if after.kind == "end":
                break
            if after.kind != ",":
                raise SelectorError(f"found '{after.text}', expected: ',' or 'end of string'")
            if self._next.kind not in ("word", "!"):
                raise SelectorError(f"found '{self._next.text}', expected: identifier after ','")
        return found

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _requirement(self) -> Requirement:
        absent = self._next.kind == "!" and self._take() is not None
        token = self._take()
        if token.kind != "word":
            raise SelectorError(f"found '{token.text}', expected: identifier")
        key = token.text
        _refuse("<nil>", key, names.qualified_name(key))
        if absent:
            return Requirement(key, DOES_NOT_EXIST)
        if self._next.kind in ("end", ","):
            return Requirement(key, EXISTS)
        token = self._take()
        operator = _OPERATORS.get(token.text)
        if operator is None:
            raise SelectorError(f"found '{token.text}', expected: {_EXPECTED_OPERATORS}")
        values = self._values() if token.kind == "word" else [self._exact_value()]
        return _checked(key, operator, sorted(set(values)))

    def _exact_value(self) -> str:
        if self._next.kind in ("end", ","):
            return ""
        token = self._take()
        if token.kind != "word":
            raise SelectorError(f"found '{token.text}', expected: identifier")
        return token.text

    def _values(self) -> list[str]:
        token = self._take()
        if token.kind != "(":
            raise SelectorError(f"found '{token.text}' expected: '('")
        if self._next.kind == ")":
            self._take()
            return []
        if self._next.kind not in ("word", ","):
            raise SelectorError(f"found '{self._next.text}', expected: ',', ')' or identifier")
        values = self._listed()
        self._take()
        return values

    def _listed(self) -> list[str]:
        """The values up to the closing parenthesis; what is missing before, between or after commas is empty text."""
        values: list[str] = []
        while True:
            token = self._take()
            if token.kind == "word":
                values.append(token.text)
                if self._next.kind == ")":
                    return values
                if self._next.kind != ",":
                    raise SelectorError(f"found '{self._next.text}', expected: ',' or ')'")
            elif token.kind == ",":
                if not values:
                    values.append("")
                if self._next.kind == ")":
                    return [*values, ""]
                if self._next.kind == ",":
                    self._take()
                    values.append("")
            else:
                raise SelectorError(f"found '{token.text}', expected: ',', or identifier")


def _checked(key: str, operator: str, values: list[str]) -> Requirement:
    if not values:
        wrong = fields.invalid("values", values, "for 'in', 'notin' operators, values set can't be empty")
        raise SelectorError(f"{wrong.path}: {wrong.message}")
    if operator in (GREATER, LESS) and _integer(values[0]) is None:
        wrong = fields.invalid("values[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer")
        raise SelectorError(f"{wrong.path}: {wrong.message}")
    for index, value in enumerate(values):
        _refuse(f"values[{index}][{key}]", value, names.label_value(value))
    return Requirement(key, operator, frozenset(values))


def _refuse(path: str, value: str, messages: Sequence[str]) -> None:
    if messages:
        wrong = fields.invalid(path, value, "; ".join(messages))
        raise SelectorError(f"{wrong.path}: {wrong.message}")
