"""Expressions of admission: compiled against the names that they may use, and checked for what they come to.

Objects have no static type here, so that a result whose type shows only at run time is taken where it comes from
something that upstream has a type for. The compiler is imported with the first expression.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyk3s.api.admission import initialisers, tokens

if TYPE_CHECKING:
    from pyk3s.api.cel.compiling import Program

VARIABLES = "variables"
AUTHORIZERS = frozenset(("authorizer", "authorizer.requestResource"))
ALWAYS = frozenset(("object", "oldObject", "request", "namespaceObject")) | AUTHORIZERS
WITH_PARAMS = ALWAYS | {"params"}
_TYPED = frozenset((VARIABLES, "request", "namespaceObject"))
"""Names that upstream knows the types of."""
REQUEST_BUDGET = 10_000_000
"""What one policy, with one binding and one parameter, may cost."""
CONDITIONS_BUDGET = 2_500_000
"""What the match conditions of one hook or policy may cost together."""


class NotCompiled(Exception):
    """An expression that cannot be used; the text says why, as behind a field's value."""


@dataclass(frozen=True)
class Results:
    """What an expression may come to: words for types, and how errors call them."""

    words: tuple[str, ...]
    told: str


BOOL = Results(("bool",), "bool")
STRING = Results(("string",), "string")
STRING_OR_NULL = Results(("string", "null"), "one of [string null_type]")
OBJECT = Results(("map", "dyn"), "Object")
PATCHES = Results(("list", "dyn"), "list(JSONPatch)")
ANYTHING: Results | None = None


@dataclass(frozen=True)
class Expression:
    """A compiled expression."""

    source: str
    program: "Program"
    uses: tuple[str, ...] = ()
    """The variables of its policy that it speaks of."""


def compiled(
    source: str, names: frozenset[str], results: Results | None, variables: Collection[str] = (), *, makes: bool = False
) -> Expression:
    """Compile; `variables` are those that the policy has defined so far. Raises NotCompiled.

    `makes`: whether initialisers of objects are allowed.
    """
    from pyk3s.api.cel import compiling

    roots = tokens.roots(tokens.split(source))
    uses = _used(roots, variables)
    made = _rewritten(source) if makes else None
    try:
        program = compiling.compile(made.text if made else source, names | {VARIABLES} if variables else names)
    except compiling.CompileError as error:
        raise NotCompiled(made.restored(str(error)) if made else str(error)) from error
    if results is not None and program.result_type not in results.words:
        is_typed = any(root in _TYPED for root, _ in roots)
        if program.result_type != "dyn" or not is_typed:
            raise NotCompiled(f"must evaluate to {results.told}")
    return Expression(source, program, uses)


def _rewritten(source: str) -> initialisers.Rewritten:
    try:
        return initialisers.rewritten(source)
    except initialisers.Malformed as error:
        raise NotCompiled(str(error)) from error


def conditions(given: Sequence[Mapping[str, str]] | None, names: frozenset[str] = ALWAYS) -> list[Expression]:
    """Match conditions out of their JSON; raises NotCompiled."""
    return [compiled(each["expression"].strip(), names, BOOL) for each in given or ()]


def _used(roots: list[tuple[str, str]], variables: Collection[str]) -> tuple[str, ...]:
    if not variables:
        return ()
    named = dict.fromkeys(field for root, field in roots if root == VARIABLES)
    if "" in named:
        return tuple(variables)
    for name in named:
        if name not in variables:
            raise NotCompiled(f"compilation failed: undefined field '{name}'")
    return tuple(named)
