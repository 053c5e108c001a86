"""The types of variables, as schemas declare them: for the checker, and for the estimate of an expression's cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OBJECT, LIST, MAP, DYN = "object", "list", "map", "dyn"


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """One type. `kind` is a word of the language, or `object` with its fields.

    `most`: how many characters, items or entries a value has at most. `least_bytes`: how short a value is as JSON.
    `identity`: of lists that are sets or maps; None for any other, () for a set, else the names of the keys.
    """

    kind: str
    most: int = 0
    least_bytes: int = 1
    fields: Mapping[str, "Declared"] = field(default_factory=dict)
    element: "Declared | None" = None
    identity: tuple[str, ...] | None = None

    def below(self, name: str) -> "Declared | None":
        """The type of a field or, in a map, of a value."""
        return self.fields.get(name) if self.kind == OBJECT else self.element


ANY = Declared(DYN)
KEY = Declared("string", least_bytes=2)
