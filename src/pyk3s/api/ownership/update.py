"""Ownership after a create or update: whoever changed a field owns it, and whoever owned it before no longer does.

The object is seen before admission, so what admission and the server set belongs to nobody. Fields that never count
(identity, versions) and fields that the request cannot change anyway (`reset`, such as status on the main resource)
are left out.
"""

import functools
from typing import Any

from pyk3s.api.ownership import compare, managers, shapes
from pyk3s.api.ownership.fieldset import (
    DOT,
    MEMBER,
    FieldSet,
    difference,
    intersection,
    is_field_set,
    union,
    without_branches,
)
from pyk3s.api.ownership.managers import Manager, Managers, Owned
from pyk3s.api.schema import types

JSON = dict[str, Any]

UNCOUNTED: FieldSet = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        DOT: {},
        "f:clusterName": {},
        "f:creationTimestamp": {},
        "f:generation": {},
        "f:managedFields": {},
        "f:name": {},
        "f:namespace": {},
        "f:resourceVersion": {},
        "f:selfLink": {},
        "f:uid": {},
    },
}


def track_update(
    type_: types.Type,
    old: JSON | None,
    new: JSON,
    *,
    manager: str,
    api_version: str,
    now: str,
    subresource: str = "",
    reset: FieldSet | None = None,
) -> None:
    """Set metadata.managedFields of `new`, an object that replaces `old` (or none). Changes nothing else.

    `now` is RFC 3339; `reset` holds branches that do not count (reset.py).
    """
    known = _known(old, new, subresource)
    new.get("metadata", {}).pop("managedFields", None)
    if old is not None and not known:
        return  # an object whose ownership was given up stays without, until somebody applies
    shape, who = shapes.of_kind(type_), managers.updater(manager, api_version, subresource)
    try:
        if old is None and not known and shape.present:
            own = compare.created(_counted(shape, *(reset or ())), new)
            managers.write(new, {who: Owned(own, api_version, now)} if own else {})
            return
        changed, removed = changes(shape, old, new)
    except compare.Untypable:
        managers.write(new, known)
        return
    after = taken(known, filtered(changed, reset), filtered(removed, reset), who, now)
    managers.write(new, managers.capped(after))


@functools.cache
def _counted(shape: shapes.Shape, *reset: str) -> shapes.Shape:
    """The shape of what counts in a new object of a built-in kind: with nobody to lose a field, the rest is no news."""
    return shape.without({**UNCOUNTED, **dict.fromkeys(reset, MEMBER)})


def changes(shape: shapes.Shape, old: JSON | None, new: JSON) -> compare.Changes:
    """Paths changed and removed; without an old object, against the empty object of the kind."""
    return compare.Changes(compare.created(shape, new), {}) if old is None else compare.compare(shape, old, new)


def taken(known: Managers, changed: FieldSet, removed: FieldSet, who: Manager, now: str) -> Managers:
    """The managers after `who` changed and removed these paths."""
    after = released(known, changed, removed)
    own = difference(changed, UNCOUNTED)
    if own:
        before = after.get(who)
        after[who] = Owned(union(before.fields, own) if before else own, who.api_version, now)
    return after


def released(known: Managers, changed: FieldSet, removed: FieldSet, but: Manager | None = None) -> Managers:
    """The managers without what somebody else changed or removed, and without those left with nothing."""
    after: Managers = {}
    for who, owned in known.items():
        fields = owned.fields
        if who != but:
            lost = union(intersection(fields, changed), removed)
            fields = difference(fields, lost)
        if fields:
            after[who] = owned if fields is owned.fields else owned._replace(fields=fields)
    return after


def filtered(fields: FieldSet, reset: FieldSet | None) -> FieldSet:
    """The paths that a request can change at all."""
    return without_branches(fields, reset) if reset else fields


def keep_timestamps(old: JSON, new: JSON) -> None:
    """Give `new` the managedFields of `old` where they differ in times only: no change stays no change."""
    before, after = old.get("metadata", {}), new.get("metadata", {})
    if _timeless(before) == _timeless(after) and "managedFields" in before:
        after["managedFields"] = before["managedFields"]


def _timeless(metadata: JSON) -> list[JSON]:
    entries = metadata.get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def _known(old: JSON | None, new: JSON, subresource: str) -> Managers:
    """Managers before the request: those the client sent, unless it sent none, sent nonsense or asks a sub-resource."""
    live = (old or {}).get("metadata", {}).get("managedFields")
    sent = new.get("metadata", {}).get("managedFields")
    if sent is None and live is None:
        return {}
    if not subresource and sent is not None and sent != live:
        if sent in ([], [{}]):
            return {}
        found = _readable(sent)
        if found and all(is_field_set(each.fields) for each in found.values()):
            return found
    return _readable(live)


def _readable(entries: Any) -> Managers:
    try:
        return managers.read(entries)
    except managers.BadEntries:
        return {}
