"""Distributes endpoints over slices of at most 100, changing as few slices as possible. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pyk3s.controllers.endpoints.backends import Ports
from pyk3s.controllers.endpoints.objects import Endpoint, EndpointSlice

SLICE_MOST = 100


class Contents(NamedTuple):
    """What one slice shall hold."""

    ports: Ports
    endpoints: list[Endpoint]


class Plan(NamedTuple):
    """`keep` slices get these contents (the same ones, where nothing changed), `create` are new, `delete`
    superfluous.
    """

    keep: list[tuple[EndpointSlice, Contents]]
    create: list[Contents]
    delete: list[EndpointSlice]


def plan(wanted: Mapping[Ports, Sequence[Endpoint]], existing: Sequence[EndpointSlice]) -> Plan:
    """Slices of one service and address family. Without endpoints one empty slice remains, so that readers see that."""
    made = Plan([], [], [])
    by_ports: dict[Ports, list[EndpointSlice]] = {}
    for each in existing:
        by_ports.setdefault(tuple(each.ports or ()), []).append(each)
    for ports, endpoints in wanted.items():
        _plan_ports(ports, endpoints, by_ports.pop(ports, []), made)
    spare = [each for slices in by_ports.values() for each in slices]
    if not made.keep and not made.create:
        if spare:
            made.keep.append((spare.pop(0), Contents((), [])))
        elif made.delete:
            made.keep.append((made.delete.pop(0), Contents((), [])))
        else:
            made.create.append(Contents((), []))
    made.delete.extend(spare)
    return made


def _plan_ports(ports: Ports, endpoints: Sequence[Endpoint], slices: list[EndpointSlice], made: Plan) -> None:
    homeless = {each.identity: each for each in endpoints}
    filled: list[tuple[EndpointSlice, list[Endpoint]]] = []
    for each in slices:
        stay = [found for old in each.endpoints or () if (found := homeless.pop(old.identity, None)) is not None]
        filled.append((each, stay))
    rest = list(homeless.values())
    for _, content in sorted(filled, key=_untouched_last):
        room = SLICE_MOST - len(content)
        content.extend(rest[:room])
        rest = rest[room:]
    for each, content in filled:
        if content:
            made.keep.append((each, Contents(ports, content)))
        else:
            made.delete.append(each)
    made.create.extend(Contents(ports, rest[start : start + SLICE_MOST]) for start in range(0, len(rest), SLICE_MOST))


def _untouched_last(entry: tuple[EndpointSlice, list[Endpoint]]) -> tuple[bool, int]:
    """Slices that must be written anyway come first, then the fullest: fewest writes, fewest slices."""
    each, content = entry
    return (each.endpoints or []) == content, -len(content)
