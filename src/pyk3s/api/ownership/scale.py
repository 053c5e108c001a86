"""Ownership of a Scale: the replicas of the resource behind it, seen as `spec.replicas` of the Scale and back.

Times are those of the resource: a manager that comes in through the Scale has none, as upstream writes it.
"""

from typing import Any

from pyk3s.api.ownership import managers
from pyk3s.api.ownership.fieldset import MEMBER, FieldSet, difference, intersection, union
from pyk3s.api.ownership.managers import APPLY, Manager, Managers, Owned

JSON = dict[str, Any]

SCALE_VERSION = "autoscaling/v1"
_REPLICAS: FieldSet = {"f:spec": {"f:replicas": MEMBER}}


def of_scale(parent: JSON, path: tuple[str, ...] = ("spec", "replicas")) -> list[JSON]:
    """managedFields of the Scale of a resource that keeps its replicas at `path`."""
    inside = _at(path)
    found: Managers = {}
    for who, owned in managers.read(parent["metadata"].get("managedFields")).items():
        if intersection(owned.fields, inside):
            found[_in_version(who, SCALE_VERSION)] = Owned(_REPLICAS, SCALE_VERSION, owned.time)
    scale: JSON = {"metadata": {}}
    managers.write(scale, found)
    entries: list[JSON] = scale["metadata"].get("managedFields", [])
    return entries


def to_parent(
    parent: JSON, scale_entries: list[JSON], *, api_version: str, path: tuple[str, ...] = ("spec", "replicas")
) -> None:
    """Set managedFields of the resource after its Scale was changed and has these managedFields now."""
    inside = _at(path)
    owners = {_in_version(who, api_version) for who in managers.read(scale_entries)}
    after: Managers = {}
    for who, owned in managers.read(parent["metadata"].get("managedFields")).items():
        keeps = _in_version(who, api_version) in owners
        fields = owned.fields if keeps else difference(owned.fields, inside)
        if fields:
            after[who] = owned._replace(fields=fields)
    for who in owners:
        before = after.get(who)
        fields = union(before.fields, inside) if before else inside
        after[who] = Owned(fields, api_version, before.time if before else None)
    managers.write(parent, after)


def _in_version(who: Manager, api_version: str) -> Manager:
    return who if who.operation == APPLY else who._replace(api_version=api_version)


def _at(path: tuple[str, ...]) -> FieldSet:
    node: FieldSet = MEMBER
    for name in reversed(path):
        node = {f"f:{name}": node}
    return node
