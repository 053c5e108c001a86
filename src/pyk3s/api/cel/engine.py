"""The library behind it: cel-cpp. One environment per set of variables checks expressions, a single one evaluates all.

Checking knows abstract types and no implementations; evaluating knows the implementations under names that no
expression can spell (`@find`), with maps in the place of abstract types. Nothing here is imported or built before the
first expression is compiled.
"""

import functools
import itertools
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyk3s.api.cel import calling, evaluation, values
from pyk3s.api.cel.declarations import ABSTRACT, Function, Overload, overload
from pyk3s.api.cel.evaluation import EvaluationError
from pyk3s.api.cel.functions import authorization, formats, lists, metering, networks, quantities, strings

KEPT_ENVIRONMENTS = 32
LIBRARY: tuple[Function, ...] = (
    *strings.STRINGS,
    *lists.LISTS,
    *networks.NETWORKS,
    *quantities.QUANTITIES,
    *formats.FORMATS,
    *authorization.AUTHORIZATION,
)
OPTIONAL = frozenset(each.name for each in LIBRARY if each.optional)
CHOSEN = frozenset(each.name for each in LIBRARY if each.chosen)
OWN = frozenset(each.name for each in LIBRARY)
_NUMBERS = ("int", "uint", "double")
_COMPARED = [(word, word) for word in ("bool", "string", "bytes", "timestamp", "duration")] + [
    (one, other) for one in _NUMBERS for other in _NUMBERS
]
_COMPARISONS = [
    Function(name, [overload(f"{one} {other}", "bool", operator.lt) for one, other in _COMPARED])
    for name in ("_<_", "_<=_", "_>_", "_>=_")
]
"""Declared anew for checking: Kubernetes compares numbers across their types, and so does the evaluator by itself."""
CONVERTED = frozenset(("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "dyn"))
_TO_STRING = Function("string", [overload(word, "string", str) for word in sorted(CONVERTED - {"dyn"})])
"""The library's own conversion, declared anew because ours has overloads to add; the evaluator keeps its own."""
_EXTENSIONS = 'extensions:\n  - name: "optional"\n'
_MACROS = '  - name: "two-var-comprehensions"\n'
_REDECLARED = (_TO_STRING, *_COMPARISONS)
_WITHOUT = "stdlib:\n  exclude_functions:\n" + "".join(f'    - name: "{each.name}"\n' for each in _REDECLARED)
_KINDS = ["INT", "UINT", "STRING", "BYTES", "BOOL", "DOUBLE", "NULL", "LIST", "MAP", "DURATION", "TIMESTAMP"]


@functools.lru_cache(KEPT_ENVIRONMENTS)
def checking(variables: tuple[tuple[str, str], ...]) -> Any:
    """An environment that checks expressions over these variables, given with their types."""
    return checking_in(None, dict(variables))


def checking_in(pool: Any, variables: Mapping[str, str]) -> Any:
    """The same, with types out of a pool of messages."""
    from cel_expr_python import cel

    declared, config = _declarations()
    return cel.NewEnv(
        pool, config=config, variables={name: _type(word) for name, word in variables.items()}, functions=declared
    )


@functools.cache
def _declarations() -> tuple[list[Any], Any]:
    from cel_expr_python import cel

    config = cel.NewEnvConfigFromYaml(_EXTENSIONS + _MACROS + _WITHOUT)
    return _declared((*LIBRARY, *_REDECLARED)), config


@functools.cache
def evaluating() -> Any:
    """The environment in which rewritten expressions are planned and run."""
    from cel_expr_python import cel

    return cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(_EXTENSIONS), functions=_implemented((*LIBRARY, *metering.METERING))
    )


def _type(word: str) -> Any:
    from cel_expr_python import cel

    return cel.Type.AbstractType(word) if word.startswith(ABSTRACT) else cel.Type(word)


def _by_name(functions: Iterable[Function]) -> dict[str, list[tuple[bool, Overload]]]:
    """Overloads by name, whichever library they come from; whether they are methods."""
    made: dict[str, list[tuple[bool, Overload]]] = defaultdict(list)
    for each in functions:
        made[each.name] += [(each.member, one) for one in each.overloads]
    return made


def _declared(functions: Iterable[Function]) -> list[Any]:
    from cel_expr_python import cel

    return [
        cel.FunctionDecl(
            name,
            [
                cel.Overload(f"{name}_{index}", _type(one.result), [_type(word) for word in one.parameters], member)
                for index, (member, one) in enumerate(overloads)
            ],
        )
        for name, overloads in _by_name(functions).items()
    ]


def _implemented(functions: Iterable[Function]) -> list[Any]:
    """As the evaluator wants it: an overload for each combination of kinds that values have at run time."""
    from cel_expr_python import cel

    made = []
    for name, overloads in _by_name(functions).items():
        by_kinds: dict[tuple[bool, tuple[str, ...]], list[Overload]] = defaultdict(list)
        for member, one in overloads:
            for kinds in itertools.product(*map(_kinds, one.parameters)):
                by_kinds[member, kinds].append(one)
        made.append(
            cel.FunctionDecl(
                f"@{name}",
                [
                    cel.Overload(
                        f"@{name}_{index}",
                        cel.Type.INT if name in CHOSEN else getattr(cel.Type, _result_kind(choices)),
                        [getattr(cel.Type, kind) for kind in kinds],
                        member,
                        calling.callback(_chosen(choices)),
                    )
                    for index, ((member, kinds), choices) in enumerate(by_kinds.items())
                ],
            )
        )
    return made


def _kinds(word: str) -> list[str]:
    """The kinds that a value of a type can have at run time."""
    if word.startswith(ABSTRACT):
        return ["MAP"]
    if word == "dyn":
        return _KINDS
    return [word.partition("<")[0].upper()]


def _result_kind(choices: list[Overload]) -> str:
    kinds = {tuple(_kinds(one.result)) for one in choices}
    only = kinds.pop()
    return "DYN" if kinds or len(only) != 1 else only[0]


def _chosen(choices: list[Overload]) -> Callable[..., Any]:
    """What is called for values of these kinds: the overload whose abstract types are those of the values."""

    def call(*arguments: Any) -> Any:
        evaluation.spend_copying(arguments)
        for one in choices:
            if all(_fits(word, value) for word, value in zip(one.parameters, arguments, strict=True)):
                return one.call(*arguments)
        raise EvaluationError("no such overload")

    return call


def _fits(word: str, value: Any) -> bool:
    return not word.startswith(ABSTRACT) or values.type_of(value) == word
