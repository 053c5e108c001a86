"""How a library of functions is written down: a name, its overloads by type, and what is called.

Types are words: `string`, `int`, `uint`, `double`, `bool`, `bytes`, `duration`, `timestamp`, `dyn`, `list<T>`,
`map<K,V>`, and the names of abstract types such as `kubernetes.Quantity`. The library that evaluates knows no abstract
values: at run time they are maps that carry the type's name (`values.opaque`), and an overload is chosen by that name.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

ABSTRACT = ("kubernetes.", "net.")
"""How the names of abstract types begin."""


class Overload(NamedTuple):
    parameters: tuple[str, ...]
    result: str
    call: Callable[..., Any]


class Function(NamedTuple):
    """`member`: called on its first parameter. `optional`: what is called gives something empty for none. `chosen`: it
    gives the position of the result in the first parameter, because not every value can be handed back.
    """

    name: str
    overloads: Sequence[Overload]
    member: bool = False
    optional: bool = False
    chosen: bool = False


def overload(parameters: str, result: str, call: Callable[..., Any]) -> Overload:
    """`parameters` are types with spaces between."""
    return Overload(tuple(parameters.split()), result, call)


def method(name: str, *overloads: Overload, optional: bool = False, chosen: bool = False) -> Function:
    return Function(name, overloads, member=True, optional=optional, chosen=chosen)


def function(name: str, *overloads: Overload, optional: bool = False) -> Function:
    return Function(name, overloads, optional=optional)
