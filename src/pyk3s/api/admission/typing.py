"""Whether the fields that an expression speaks of exist in the types of its objects.

Looks at chains of fields from a variable, as far as they go: what is called, indexed or iterated over ends a chain. So
what is found is wrong, and not everything wrong is found.
"""

from collections.abc import Iterator, Mapping, Sequence

from pyk3s.api.admission import tokens
from pyk3s.api.admission.tokens import IDENT, Token
from pyk3s.api.schema.types import Type

PRESERVES = "x-kubernetes-preserve-unknown-fields"


def warnings(source: str, types: Mapping[str, Type]) -> list[str]:
    """What is wrong with an expression whose variables have these types, in the form of a compiler's messages."""
    found = _undefined(source, types)
    return [f"ERROR: {tokens.pointed(source, place, f'undefined field {field!r}')}" for place, field in found]


def _undefined(source: str, types: Mapping[str, Type]) -> Iterator[tuple[int, str]]:
    """Fields that do not exist, each with the place of the dot before it."""
    words = tokens.placed(source)
    for at, (_, word) in enumerate(words):
        if word.kind != IDENT or word.text not in types or (at and words[at - 1][1].text == "."):
            continue
        node: Type | None = types[word.text]
        for place, field in _chain(words, at + 1):
            if node is None:
                break
            if _lacks(node, field):
                yield place, field
                break
            node = _below(node, field)


def _chain(words: Sequence[tuple[int, Token]], at: int) -> Iterator[tuple[int, str]]:
    while at + 1 < len(words) and words[at][1].text == ".":
        place, at = words[at][0], at + 1
        if words[at][1].text == "?" and at + 1 < len(words):
            at += 1
        called = at + 1 < len(words) and words[at + 1][1].text == "("
        if words[at][1].kind != IDENT or called:
            return
        yield place, words[at][1].text.strip("`")
        at += 1


def _lacks(node: Type, field: str) -> bool:
    return node.kind == "object" and not node.schema.get(PRESERVES) and field not in node.fields


def _below(node: Type, field: str) -> Type | None:
    if node.kind == "object":
        return node.fields[field].type if field in node.fields else None
    return node.values if node.kind == "map" else None
