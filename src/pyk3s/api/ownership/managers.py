"""Who owns what: the entries of metadata.managedFields, read from and written to an object.

One manager is told from another by name, operation, sub-resource and, for updates only, API version: whoever applies
stays the same when it moves to another version. Times are RFC 3339 in UTC, so their texts sort as they do.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pyk3s.api.ownership.fieldset import FieldSet, union

JSON = dict[str, Any]

UPDATE, APPLY = "Update", "Apply"
MAX_UPDATERS = 10  # upstream's limit; older updaters are merged into one entry per version
OLD_UPDATERS = "ancient-changes"


class Manager(NamedTuple):
    """Identity of an entry. `api_version` is empty for those who apply."""

    name: str
    operation: str
    api_version: str
    subresource: str


class Owned(NamedTuple):
    """What a manager owns, in which version it said so, and when it last changed something (None: never)."""

    fields: FieldSet
    api_version: str
    time: str | None


Managers = dict[Manager, Owned]


class BadEntries(ValueError):
    """metadata.managedFields that cannot be read."""


def updater(name: str, api_version: str, subresource: str = "") -> Manager:
    """The identity of someone who creates, replaces or patches."""
    return Manager(name, UPDATE, api_version, subresource)


def applier(name: str, subresource: str = "") -> Manager:
    """The identity of someone who applies."""
    return Manager(name, APPLY, "", subresource)


def read(entries: Iterable[Any] | None) -> Managers:
    """The managers of metadata.managedFields; raises BadEntries."""
    found: Managers = {}
    for entry in entries or ():
        if not isinstance(entry, dict):
            raise BadEntries("an entry of managedFields is not an object")
        operation = entry.get("operation", "")
        if operation not in (UPDATE, APPLY):
            raise BadEntries(f"operation is `{operation}`")
        if entry.get("fieldsType") != "FieldsV1":
            raise BadEntries(f"unsupported fieldsType `{entry.get('fieldsType', '')}`")
        version = entry.get("apiVersion", "")
        who = Manager(
            entry.get("manager", ""), operation, "" if operation == APPLY else version, entry.get("subresource", "")
        )
        found[who] = Owned(entry.get("fieldsV1") or {}, version, entry.get("time"))
    return found


def write(obj: JSON, managers: Managers) -> None:
    """Set metadata.managedFields, or remove it if nobody owns anything."""
    metadata = obj.setdefault("metadata", {})
    if not managers:
        metadata.pop("managedFields", None)
        return
    if len(managers) == 1:
        metadata["managedFields"] = [_entry(*managers.popitem())]
        return
    metadata["managedFields"] = [_entry(who, owned) for who, owned in sorted(managers.items(), key=_order)]


def capped(managers: Managers) -> Managers:
    """At most ten updaters: the oldest of one version become one entry that carries the latest of their times."""
    updaters = [who for who in managers if who.operation == UPDATE]
    if len(updaters) <= MAX_UPDATERS:
        return managers
    updaters.sort(key=lambda who: (managers[who].time or "", who))
    kept = dict(managers)
    excess = len(updaters) - MAX_UPDATERS
    first_of: dict[str, Manager] = {}
    for who in updaters:
        if excess == 0:
            break
        version = who.api_version
        first = first_of.setdefault(version, who)
        if first is who:
            continue
        bucket = updater(OLD_UPDATERS, version)
        older = kept.pop(bucket, None) or kept.pop(first)
        newer = kept.pop(who)
        kept[bucket] = Owned(union(older.fields, newer.fields), version, newer.time)
        excess -= 1
    return kept


def _entry(who: Manager, owned: Owned) -> JSON:
    entry: JSON = {"manager": who.name, "operation": who.operation, "apiVersion": owned.api_version}
    if owned.time is not None:
        entry["time"] = owned.time
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = owned.fields
    if who.subresource:
        entry["subresource"] = who.subresource
    return entry


def _order(item: tuple[Manager, Owned]) -> tuple[str, str, str, str, str]:
    who, owned = item
    return who.operation, owned.time or "", who.name, owned.api_version, who.subresource
