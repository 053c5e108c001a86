"""`Object{spec: Object.spec{replicas: 1}}` and `JSONPatch{op: "add", ...}` as maps, which is what they come to.

Types of objects exist in the expression alone: `Object.spec` is whatever the field `spec` holds. Compilers know no such
types, so that the expression is rewritten before it is compiled: every initialiser becomes a map with the names of its
fields as keys, of a dynamic type, so that initialisers may stand side by side in lists and conditions.
"""

import bisect
import json
import re
from typing import NamedTuple

from pyk3s.api.admission import tokens
from pyk3s.api.admission.tokens import IDENT, SPACE, Token

OBJECT, PATCH = "Object", "JSONPatch"
PATCH_FIELDS = ("from", "op", "path", "value")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)\n \| .*\n \| \.*\^")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ESCAPES = {"underscores": "__", "dot": ".", "dash": "-", "slash": "/"}


class Malformed(Exception):
    """An initialiser names a type that does not belong where it stands, or a field that its type does not have."""

    def __init__(self, why: str):
        super().__init__(f"compilation failed: {why}")


class _Level(NamedTuple):
    """Brackets that are open: what closes them, the type that is initialised in them, and which belongs there."""

    closing: str
    type_: str = ""
    expected: str = ""
    ending: str = ""
    """What ends the value of the field that is being written."""


class Rewritten(NamedTuple):
    """An expression without initialisers. `marks`: where its pieces begin, and where they do in the source."""

    text: str
    source: str
    marks: list[tuple[int, int]]

    def restored(self, message: str) -> str:
        """A message of the compiler about the text, as one about the source."""
        return _PLACE.sub(self._restored, message)

    def _restored(self, found: re.Match[str]) -> str:
        line, column, told = int(found[1]), int(found[2]), found[3]
        starts = [0, *(at + 1 for at, letter in enumerate(self.text) if letter == "\n")]
        place = starts[min(line, len(starts)) - 1] + column - 1
        at = max(bisect.bisect_right(self.marks, (place, len(self.source))) - 1, 0)
        begins, origin = self.marks[at]
        ends = self.marks[at + 1][1] if at + 1 < len(self.marks) else len(self.source)
        return tokens.pointed(self.source, min(origin + place - begins, max(ends - 1, origin)), told)


def rewritten(source: str) -> Rewritten:
    """The expression in a form that can be compiled; raises Malformed."""
    return _Rewriting(source).run()


class _Rewriting:
    def __init__(self, source: str):
        self._source = source
        self._pieces: list[Token] = tokens.split(source)
        self._at = 0
        self._levels = [_Level("")]
        self._made: list[str] = []
        self._expected = ""
        """The type that an initialiser must name that comes next, where that can be said."""

    def run(self) -> Rewritten:
        marks, size, place, reached = [(0, 0)], 0, 0, 0
        while self._at < len(self._pieces):
            place += sum(len(piece.text) for piece in self._pieces[reached : self._at])
            reached, begun = self._at, len(self._made)
            marks.append((size, place))
            self._step()
            size += sum(map(len, self._made[begun:]))
        return Rewritten("".join(self._made), self._source, marks)

    def _step(self) -> None:
        token, level = self._pieces[self._at], self._levels[-1]
        if token.kind == IDENT and token.text in (OBJECT, PATCH) and self._previous() != "." and self._opens():
            return
        self._at += 1
        if token.text in _CLOSING:
            self._levels.append(_Level(_CLOSING[token.text], expected=self._expected if token.text == "[" else ""))
            self._expected = self._levels[-1].expected
        elif token.text == level.closing and len(self._levels) > 1:
            self._levels.pop()
            self._expected = ""
            self._made.append(f"{level.ending}}})" if level.type_ else token.text)
            return
        elif token.text == ",":
            self._expected = level.expected
        if level.type_ and token.text == ",":
            self._made.append(level.ending)
            self._levels[-1] = level._replace(ending="")
        self._made.append(token.text)
        if level.type_ and token.text == ",":
            self._field()

    def _previous(self) -> str:
        before = [token.text for token in self._pieces[max(self._at - 2, 0) : self._at] if token.kind != SPACE]
        return before[-1] if before else ""

    def _opens(self) -> bool:
        """Take in an initialiser's type and brace, if one stands here."""
        at, name = self._at + 1, self._pieces[self._at].text
        while (dot := self._next(at)) is not None and self._pieces[dot].text == ".":
            part = self._next(dot + 1)
            if part is None or self._pieces[part].kind != IDENT:
                return False
            name = f"{name}.{_unescaped(self._pieces[part].text)}"
            at = part + 1
        brace = self._next(at)
        if brace is None or self._pieces[brace].text != "{":
            return False
        self._check(name)
        self._at = brace + 1
        self._made.append("dyn({")
        self._levels.append(_Level("}", type_=name))
        self._field()
        return True

    def _check(self, name: str) -> None:
        if self._expected and name != self._expected:
            raise Malformed(
                f'unexpected type name "{name}", expected "{self._expected}", '
                "which matches field name path from root Object type"
            )
        if name.startswith(f"{PATCH}."):
            raise Malformed(f"undeclared reference to '{name}'")

    def _field(self) -> None:
        """Quote the name of the field that comes next."""
        at = self._next(self._at)
        is_optional = at is not None and self._pieces[at].text == "?"
        if is_optional and at is not None:
            at = self._next(at + 1)
        colon = self._next(at + 1) if at is not None else None
        if at is None or colon is None or self._pieces[at].kind != IDENT or self._pieces[colon].text != ":":
            return
        name, type_ = _unescaped(self._pieces[at].text), self._levels[-1].type_
        if type_ == PATCH and name not in PATCH_FIELDS:
            raise Malformed(f"undefined field '{name}'")
        if is_optional:
            self._made.append(f"?{json.dumps(name)}:")
        else:  # the values of one map would have to be of one type
            self._made.append(f"{json.dumps(name)}:dyn(")
            self._levels[-1] = self._levels[-1]._replace(ending=")")
        self._expected = f"{type_}.{name}" if type_ != PATCH else ""
        self._at = colon + 1

    def _next(self, at: int) -> int | None:
        """The place of the next piece that is no space."""
        while at < len(self._pieces):
            if self._pieces[at].kind != SPACE:
                return at
            at += 1
        return None


def _unescaped(name: str) -> str:
    """The name of a field as objects have it: `__dot__` and such stand for what identifiers may not hold."""
    if name.startswith("`"):
        return name.strip("`")
    if not (name.startswith("__") or "__" in name):
        return name
    parts = name.split("__")
    whole = len(parts) == 3 and not parts[0] and not parts[2] and parts[1] not in _ESCAPES
    if whole:  # a reserved word
        return parts[1]
    return "".join(_ESCAPES.get(part, f"__{part}__") if at % 2 else part for at, part in enumerate(parts))
