"""Words and signs of an expression, for what has to be known of it before it is compiled.

Whether it is an expression at all is for the compiler to say: what this module does not recognise it passes on.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

IDENT, STRING, SIGN, SPACE = "ident", "string", "sign", "space"
_PATTERN = re.compile(
    r"""(?P<space>(?:\s+|//[^\n]*)+)
    |(?P<string>[bB]?[rR][bB]?(?:\"{3}(?:.|\n)*?\"{3}|'{3}(?:.|\n)*?'{3}|"[^"\n]*"|'[^'\n]*')
       |[bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<ident>[A-Za-z_]\w*|`[^`\n]*`)
    |(?P<sign>.|\n)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of an expression; the pieces together are the expression."""

    kind: str
    text: str


def split(source: str) -> list[Token]:
    """Every piece of an expression, spaces and comments included."""
    return [Token(found.lastgroup or SIGN, found.group()) for found in _PATTERN.finditer(source)]


def placed(source: str) -> list[tuple[int, Token]]:
    """The pieces that are no space, each with its place in the expression."""
    found, place = [], 0
    for token in split(source):
        if token.kind != SPACE:
            found.append((place, token))
        place += len(token.text)
    return found


def pointed(source: str, place: int, told: str) -> str:
    """What is to be said of a place in an expression, in the form of a compiler's messages."""
    before = source[:place]
    line, column = before.count("\n"), place - (before.rfind("\n") + 1)
    text = source.split("\n")[line]
    return f"<input>:{line + 1}:{column + 1}: {told}\n | {text}\n | {'.' * column}^"


def roots(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """The identifiers that stand at the front of a path, each with the field that is selected of it or nothing."""
    words = [token for token in tokens if token.kind != SPACE]
    found = []
    for at, token in enumerate(words):
        if token.kind != IDENT or (at and words[at - 1].text == "."):
            continue
        follows = words[at + 1 : at + 4]
        skipped = 1 if len(follows) > 1 and follows[1].text == "?" else 0  # an optional field: a.?b
        selects = len(follows) > 1 + skipped and follows[0].text == "." and follows[1 + skipped].kind == IDENT
        found.append((token.text, follows[1 + skipped].text.strip("`") if selects else ""))
    return found
