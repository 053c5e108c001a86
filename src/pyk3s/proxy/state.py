"""What the kernel holds, Service by Service, and the next transaction for those that changed. Pure.

A change costs what the changed Services cost, not what all of them cost: only their old and new rules are compared.
Elements of sets that several Services share (a backend's hairpin) are counted, and go with the last that needs them.
A key of a map has one holder: where two Services want the same external address and port, the first keeps it, and the
other gets it once it is free. So a conflict that the API allows costs its Service, never the table.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pyk3s.proxy.ruleset import Ruleset, difference, merged

Conflict = Callable[[str, str, str], None]
"""Called with a Service's key, the element it wants, and the key of the Service that holds it."""
Maps = dict[str, dict[str, str]]
EMPTY = Ruleset()


class State:
    """The rules of every Service in one table."""

    def __init__(self, table: str, conflict: Conflict):
        self._table, self._conflict = table, conflict
        self._parts: dict[str, Ruleset] = {}
        self._uses: dict[str, Counter[str]] = {}
        self._holders: dict[tuple[str, str], str] = {}
        self._waiting: dict[tuple[str, str], list[str]] = {}

    def transaction(self, changes: Mapping[str, Ruleset]) -> str:
        """The script that carries out `changes` (key of a Service -> its new rules); they count as done."""
        previous = {key: self._parts.get(key, EMPTY) for key in changes}
        both = (*previous.values(), *changes.values())
        touched = {(name, element) for part in both for name, elements in part.maps.items() for element in elements}
        shared = {(name, element) for part in both for name, elements in part.sets.items() for element in elements}
        maps_before, sets_before = self._verdicts(touched), self._used(shared)
        for key, part in changes.items():
            self._leave(key, previous[key], part)
        for key, part in changes.items():
            self._enter(key, part)
        old, new = merged(iter(previous.values())), merged(iter(changes.values()))
        return difference(
            self._table,
            Ruleset(old.chains, maps_before, sets_before, old.affinity),
            Ruleset(new.chains, self._verdicts(touched), self._used(shared), new.affinity),
        ).strip()

    def _leave(self, key: str, old: Ruleset, new: Ruleset) -> None:
        self._parts.pop(key, None)
        self._count(old.sets, -1)
        for name, elements in old.maps.items():
            for element in elements.keys() - new.maps.get(name, {}).keys():
                self._release(key, name, element)

    def _enter(self, key: str, new: Ruleset) -> None:
        if new != EMPTY:
            self._parts[key] = new
        self._count(new.sets, 1)
        for name, elements in new.maps.items():
            for element in elements:
                self._claim(key, name, element)

    def _claim(self, key: str, name: str, element: str) -> None:
        holder = self._holders.setdefault((name, element), key)
        if holder != key:
            waiting = self._waiting.setdefault((name, element), [])
            if key not in waiting:
                waiting.append(key)
                self._conflict(key, element, holder)

    def _release(self, key: str, name: str, element: str) -> None:
        place = (name, element)
        waiting = self._waiting.get(place, [])
        if self._holders[place] != key:
            waiting.remove(key)
        elif waiting:
            self._holders[place] = waiting.pop(0)
        else:
            del self._holders[place]
        if not waiting:
            self._waiting.pop(place, None)

    def _verdicts(self, places: Iterable[tuple[str, str]]) -> Maps:
        """What the map elements lead to, as far as a Service holds them."""
        found: Maps = {}
        for name, element in places:
            if holder := self._holders.get((name, element)):
                found.setdefault(name, {})[element] = self._parts[holder].maps[name][element]
        return found

    def _count(self, sets: Mapping[str, Iterable[str]], step: int) -> None:
        for name, elements in sets.items():
            uses = self._uses.setdefault(name, Counter())
            for element in elements:
                uses[element] += step
                if not uses[element]:
                    del uses[element]

    def _used(self, places: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name, element in places:
            if element in self._uses.get(name, ()):
                found.setdefault(name, set()).add(element)
        return {name: frozenset(elements) for name, elements in found.items()}
