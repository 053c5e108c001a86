"""Server-side apply: lay a configuration over the live object and settle who owns what.

A manager that applies owns exactly what its configuration says. What it said before and says no more is removed, unless
somebody else owns it. Changing what somebody else owns is a conflict, unless forced.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from pyk3s.api import status
from pyk3s.api.ownership import compare, config, managers, shapes, update
from pyk3s.api.ownership.fieldset import FieldSet, difference, intersection, members, union
from pyk3s.api.ownership.managers import UPDATE, Manager, Managers, Owned
from pyk3s.api.schema import types

JSON = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LAST_APPLIED_LIMIT = 256 * 1024  # bytes of all annotations of an object
_CLIENT_SIDE = "kubectl"  # the manager whose earlier client-side applies are taken over
_BEFORE_FIRST = "before-first-apply"


class Request(NamedTuple):
    """Who applies, and how. `now` is RFC 3339, `reset` the branches that do not count (reset.py)."""

    manager: str
    api_version: str
    kind: str
    now: str
    force: bool = False
    subresource: str = ""
    reset: FieldSet | None = None


class _Conflicts(Exception):
    def __init__(self, found: Mapping[Manager, FieldSet]):
        super().__init__()
        self.found = found


def apply(type_: types.Type, live: JSON | None, applied: JSON, request: Request) -> JSON:
    """The object after applying, not yet defaulted, with new managedFields; `live` and `applied` stay as they are.

    Without a live object this is a create. Raises StatusError: 400 for another kind or version, 409 for conflicts, and
    upstream's 500 for a configuration that does not fit its type.
    """
    _check_request(applied, request)
    shape = shapes.of_kind(type_)
    try:
        config.check(shape, applied)
    except compare.Untypable as error:
        message = f"failed to create typed patch object ({_described(applied, request)}): {error}"
        raise status.StatusError(500, "", message) from None
    known = _known(shape, live, request)
    base = _without_managed_fields(live or {})
    try:
        result, after = _applied_or_taken_over(shape, base, applied, known, request, empty=live is None)
    except _Conflicts as conflicts:
        raise _conflict(conflicts.found) from None
    except compare.Untypable as error:
        raise status.StatusError(500, "", f"failed to create typed live object: {error}") from None
    if request.manager == _CLIENT_SIDE:
        _refresh_last_applied(result, applied)
    managers.write(result, after)
    return result


def _check_request(applied: JSON, request: Request) -> None:
    group, _, version = request.api_version.rpartition("/")
    sent_group, _, sent_version = str(applied.get("apiVersion") or "").rpartition("/")
    sent_kind = str(applied.get("kind") or "")
    if (sent_group, sent_version, sent_kind) != (group, version, request.kind):
        raise status.bad_request(f"invalid object type: {sent_group}/{sent_version}, Kind={sent_kind}")
    if (applied.get("metadata") or {}).get("managedFields") is not None:
        raise status.bad_request("metadata.managedFields must be nil")


def _known(shape: shapes.Shape, live: JSON | None, request: Request) -> Managers:
    """Managers of the live object; one that nobody owns is owned as a whole by whoever came before the first apply."""
    if live is None:
        return {}
    try:
        known = managers.read(live.get("metadata", {}).get("managedFields"))
    except managers.BadEntries as error:
        raise status.StatusError(500, "", f"failed to decode managed fields: {error}") from None
    if known:
        return known
    fields = update.filtered(compare.created(shape, live), request.reset)
    who = managers.updater(_BEFORE_FIRST, request.api_version, request.subresource)
    return update.taken({}, fields, {}, who, request.now)


def _applied_or_taken_over(
    shape: shapes.Shape, live: JSON, applied: JSON, known: Managers, request: Request, *, empty: bool
) -> tuple[JSON, Managers]:
    """Apply; conflicts of kubectl with what its own client-side applies set are none."""
    try:
        return _applied(shape, live, applied, known, request, empty=empty)
    except _Conflicts as conflicts:
        if request.manager != _CLIENT_SIDE:
            raise
        allowed = _last_applied_paths(shape, live)
        left = {who: difference(fields, allowed) for who, fields in conflicts.found.items()}
        left = {who: fields for who, fields in left.items() if fields}
        if left:
            raise _Conflicts(left) from None
    return _applied(shape, live, applied, known, request._replace(force=True), empty=empty)


def _applied(
    shape: shapes.Shape, live: JSON, applied: JSON, known: Managers, request: Request, *, empty: bool
) -> tuple[JSON, Managers]:
    who = managers.applier(request.manager, request.subresource)
    before = known.get(who)
    claimed = update.filtered(config.paths(shape, applied), request.reset)
    with_claim = {**known, who: Owned(claimed, request.api_version, before.time if before else None)}
    result = config.merged(shape, live, applied)
    if before is not None and before.fields:
        result = _pruned(shape, result, with_claim, before.fields)
    changed, gone = update.changes(shape, None if empty else live, result)
    changed, gone = update.filtered(changed, request.reset), update.filtered(gone, request.reset)
    if not request.force:
        _refuse_conflicts(with_claim, changed, who)
    after = update.released(with_claim, changed, gone, but=who)
    own = difference(claimed, update.UNCOUNTED)
    after.pop(who, None)
    if own:
        noop = not empty and live == result
        time = with_claim[who].time if noop else request.now
        after[who] = Owned(own, request.api_version, time)
    return result, after


def _pruned(shape: shapes.Shape, merged: JSON, known: Managers, last: FieldSet) -> JSON:
    """The merged object without what the manager applied before and nobody owns now.

    Three passes: take away all it applied; put back what anybody owns; put back what it never owned, such as items
    that admission or the server added to its lists.
    """
    last = config.with_parents(shape, last)
    everything = config.with_parents(shape, config.paths(shape, merged))
    owned: FieldSet = {}
    for each in known.values():
        owned = union(owned, each.fields)
    bare = config.removed(shape, merged, last) or {}
    kept = union(config.with_parents(shape, config.paths(shape, bare)), config.with_parents(shape, owned))
    with_owned = config.removed(shape, merged, difference(everything, kept)) or {}
    remaining = config.with_parents(shape, config.paths(shape, with_owned))
    pruned: JSON = config.removed(shape, merged, intersection(difference(everything, remaining), last)) or {}
    return pruned


def _refuse_conflicts(known: Managers, changed: FieldSet, but: Manager) -> None:
    found = {who: intersection(owned.fields, changed) for who, owned in known.items() if who != but}
    found = {who: fields for who, fields in found.items() if fields}
    if found:
        raise _Conflicts(found)


def _conflict(found: Mapping[Manager, FieldSet]) -> status.StatusError:
    causes = []
    listed = []
    for who in sorted(found, key=_printed):
        fields = list(members(found[who]))
        causes += [
            {"reason": "FieldManagerConflict", "message": f"conflict with {_printed(who)}", "field": field}
            for field in fields
        ]
        listed.append(f"conflicts with {_printed(who)}:\n" + "\n".join(f"- {field}" for field in fields))
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(listed)
    return status.StatusError(409, "Conflict", message, {"causes": causes})


def _printed(who: Manager) -> str:
    text = msgspec.json.encode(who.name).decode()
    if who.subresource:
        text += f' with subresource "{who.subresource}"'
    return f"{text} using {who.api_version}" if who.operation == UPDATE else text


def _described(applied: JSON, request: Request) -> str:
    metadata = applied.get("metadata") or {}
    group, _, version = request.api_version.rpartition("/")
    name = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
    return f"{name}; {group}/{version}, Kind={request.kind}"


def _without_managed_fields(live: JSON) -> JSON:
    metadata = {name: value for name, value in live.get("metadata", {}).items() if name != "managedFields"}
    return {**live, "metadata": metadata} if "metadata" in live else live


def _last_applied_paths(shape: shapes.Shape, live: JSON) -> FieldSet:
    """What kubectl's client-side apply set, by the annotation that it left."""
    text = (live.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return {}
    try:
        last = msgspec.json.decode(text)
        config.check(shape, last)
        return config.paths(shape, last)
    except (msgspec.DecodeError, compare.Untypable, TypeError, AttributeError):
        return {}


def _refresh_last_applied(result: JSON, applied: JSON) -> None:
    """Keep the annotation of client-side apply in step, so that one can go back to it."""
    annotations = result.get("metadata", {}).get("annotations") or {}
    if not annotations.get(LAST_APPLIED):
        return
    others = {
        name: value for name, value in (applied["metadata"].get("annotations") or {}).items() if name != LAST_APPLIED
    }
    recorded = {**applied, "metadata": {**applied["metadata"], "annotations": others}}
    if not others:
        del recorded["metadata"]["annotations"]
    text = msgspec.json.encode(recorded, order="sorted").decode() + "\n"
    updated = {**annotations, LAST_APPLIED: text}
    if sum(len(name) + len(value) for name, value in updated.items()) > LAST_APPLIED_LIMIT:
        del updated[LAST_APPLIED]
    result["metadata"] = {**result["metadata"], "annotations": updated}
