"""Rules as a value: chains, map elements and set elements of one nftables table; and the difference of two such values.

A difference is one nft transaction: the kernel takes all of it or nothing. Fixed parts of the table (its hooks, maps,
sets) are written once at start by `rules.base`; here is what Services add to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ruleset:
    """What Services put into the table.

    `chains`: name -> rules. `maps`: map -> {key: verdict}. `sets`: set -> elements. `affinity`: sets of their own, name
    -> timeout in seconds.
    """

    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    affinity: Mapping[str, int] = field(default_factory=dict)


def merged(parts: Iterator[Ruleset]) -> Ruleset:
    """The union; names of chains are unique to their Service, elements of sets may repeat."""
    chains: dict[str, tuple[str, ...]] = {}
    maps: dict[str, dict[str, str]] = {}
    sets: dict[str, set[str]] = {}
    affinity: dict[str, int] = {}
    for part in parts:
        chains.update(part.chains)
        affinity.update(part.affinity)
        for name, elements in part.maps.items():
            maps.setdefault(name, {}).update(elements)
        for name, members in part.sets.items():
            sets.setdefault(name, set()).update(members)
    return Ruleset(chains, maps, {name: frozenset(members) for name, members in sets.items()}, affinity)


def difference(table: str, old: Ruleset, new: Ruleset) -> str:
    """The nft script that turns `old` into `new`; empty if they are equal. `table` is `ip k3s-proxy`."""
    return "\n".join([*_additions(table, old, new), *_elements(table, old, new), *_removals(table, old, new), ""])


def _additions(table: str, old: Ruleset, new: Ruleset) -> Iterator[str]:
    """New sets and chains first: elements and rules refer to them."""
    address = "ipv6_addr" if table.startswith("ip6 ") else "ipv4_addr"
    for name, seconds in new.affinity.items():
        if name not in old.affinity:
            yield (
                f"add set {table} {name} {{ type {address}; flags dynamic,timeout; timeout {seconds}s; size 65536; }}"
            )
    changed = [name for name, rules in new.chains.items() if old.chains.get(name) != rules]
    for name in changed:
        yield f"add chain {table} {name}"
    for name in changed:
        if name in old.chains:
            yield f"flush chain {table} {name}"
        for rule in new.chains[name]:
            yield f"add rule {table} {name} {rule}"


def _elements(table: str, old: Ruleset, new: Ruleset) -> Iterator[str]:
    for name in sorted({*old.maps, *new.maps}):
        before, after = old.maps.get(name, {}), new.maps.get(name, {})
        gone = [key for key, verdict in before.items() if after.get(key) != verdict]
        come = [f"{key} : {verdict}" for key, verdict in after.items() if before.get(key) != verdict]
        yield from _element_lines(table, name, gone, come)
    for name in sorted({*old.sets, *new.sets}):
        present, wanted = old.sets.get(name, frozenset()), new.sets.get(name, frozenset())
        yield from _element_lines(table, name, sorted(present - wanted), sorted(wanted - present))


def _element_lines(table: str, name: str, gone: list[str], come: list[str]) -> Iterator[str]:
    if gone:
        yield f"delete element {table} {name} {{ {', '.join(gone)} }}"
    if come:
        yield f"add element {table} {name} {{ {', '.join(come)} }}"


def _removals(table: str, old: Ruleset, new: Ruleset) -> Iterator[str]:
    """Old chains last, emptied before any is deleted: they may refer to each other."""
    gone = [name for name in old.chains if name not in new.chains]
    yield from (f"flush chain {table} {name}" for name in gone)
    yield from (f"delete chain {table} {name}" for name in gone)
    yield from (f"delete set {table} {name}" for name in old.affinity if name not in new.affinity)
