"""What the kernel holds, Service by Service, and the next transaction for those that changed. Pure.

A change costs what the changed Services cost, not what all of them cost: only their old and new rules are compared.
Elements that several Services share (a backend's hairpin) are counted, and go with the last that needs them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from pyk3s.proxy.ruleset import Ruleset, difference, merged


class State:
    """The rules of every Service in one table."""

    def __init__(self, table: str):
        self._table = table
        self._parts: dict[str, Ruleset] = {}
        self._uses: dict[str, Counter[str]] = {}

    def transaction(self, changes: Mapping[str, Ruleset]) -> str:
        """The script that carries out `changes` (key of a Service -> its new rules); they count as done."""
        old = merged(self._parts.get(key, Ruleset()) for key in changes)
        new = merged(iter(changes.values()))
        before, after = self._recount(changes)
        for key, part in changes.items():
            if part.chains or part.maps:
                self._parts[key] = part
            else:
                self._parts.pop(key, None)
        return difference(
            self._table,
            Ruleset(old.chains, old.maps, before, old.affinity),
            Ruleset(new.chains, new.maps, after, new.affinity),
        ).strip()

    def _recount(self, changes: Mapping[str, Ruleset]) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        """Shared elements among the touched ones that were, and are now, in use."""
        touched: dict[str, set[str]] = {}
        for key, part in changes.items():
            for each in (self._parts.get(key, Ruleset()), part):
                for name, elements in each.sets.items():
                    touched.setdefault(name, set()).update(elements)
        before = self._used(touched)
        for key, part in changes.items():
            self._count(self._parts.get(key, Ruleset()).sets, -1)
            self._count(part.sets, 1)
        return before, self._used(touched)

    def _count(self, sets: Mapping[str, Iterable[str]], step: int) -> None:
        for name, elements in sets.items():
            uses = self._uses.setdefault(name, Counter())
            for element in elements:
                uses[element] += step
                if not uses[element]:
                    del uses[element]

    def _used(self, touched: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(element for element in elements if element in self._uses.get(name, ()))
            for name, elements in touched.items()
        }
