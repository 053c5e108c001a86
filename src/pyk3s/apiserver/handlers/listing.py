"""LIST: a consistent page of a collection, as of now or of an older revision."""

from collections.abc import Coroutine
from typing import Any, NamedTuple

from pyk3s.api import fields, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import continuation, representation
from pyk3s.apiserver.cache import collection as collections
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.handlers import options, selecting
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores

JSON = dict[str, Any]
MATCHES = ("Exact", "NotOlderThan")
EXACT = "Exact"


class Page(NamedTuple):
    """Entries of one page and the ListMeta that goes with them."""

    entries: list[entries.Entry]
    metadata: JSON


class Scan(NamedTuple):
    """What there is for a list request to choose from, and how it chooses.

    Without `matches` no more than a page is taken; `rest` is how many follow then.
    """

    entries: list[entries.Entry]
    matches: selecting.Matches | None
    limit: int
    revision: int
    rest: int = 0


def list_(registry: registries.Registry, call: calls.Call) -> calls.Outcome | Coroutine[Any, Any, calls.Outcome]:
    """A list in the form asked for; raises 400, 410, 422, 504."""
    store = registry.store(call.resource)
    scan = _scan(registry, store, call)
    if store.converter is not None:
        return _list_converted(registry, store, call, scan)
    return _outcome(registry, store, call, _page(call, scan))


async def _list_converted(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, scan: Scan
) -> calls.Outcome:
    return _outcome(registry, store, call, await _converted(store, call, scan))


def _outcome(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, page: Page) -> calls.Outcome:
    shown = representation.chosen(store, call, registry.clock.time())
    return calls.Outcome(200, shown.joined(page.entries, page.metadata))


async def find(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> Page:
    """The page of a list request, in entries that can be read."""
    return await _converted(store, call, _scan(registry, store, call))


async def _converted(store: stores.ResourceStore, call: calls.Call, scan: Scan) -> Page:
    if scan.matches is not None:  # selectors look at the served version
        return _page(call, scan._replace(entries=await store.readable_all(scan.entries)))
    page = _page(call, scan)
    return page._replace(entries=await store.readable_all(page.entries))


def _scan(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> Scan:
    selection = selecting.select(store, call)
    if not call.request.raw_query:
        return Scan(store.collection.scan(call.route.namespace), None, 0, registry.cache.revision)
    check_options(call)
    limit = options.integer(call, "limit")
    options.integer(call, "timeoutSeconds")  # means nothing here and must be a number all the same
    token = call.parameter("continue")
    revision = parse_revision(call.parameter("resourceVersion"))
    current = registry.cache.revision
    start, at = "", None
    if token:
        if revision:
            raise status.bad_request("specifying resource version is not allowed when using continue")
        start, at = continuation.decode(token)
        at = None if at in (continuation.NEWEST, current) else at
    elif revision > current:
        raise status.revision_too_large(revision, current)
    elif revision and _is_exact(call, limit):
        at = revision
    most = limit if selection.matches is None else 0
    found, rest = _at_revision(store, call, start, at, most, continuing=bool(token))
    return Scan(found, selection.matches, limit, at or current, rest)


def _is_exact(call: calls.Call, limit: int) -> bool:
    match = call.parameter("resourceVersionMatch")
    return match == EXACT or (not match and limit > 0)


def _at_revision(
    store: stores.ResourceStore, call: calls.Call, start: str, at: int | None, most: int, *, continuing: bool
) -> tuple[list[entries.Entry], int]:
    namespace = call.route.namespace
    after = f"{namespace}/{start}" if start and namespace else start
    try:
        if most > 0:
            return store.collection.page(namespace, after=after, at=at, most=most)
        return store.collection.scan(namespace, after=after, at=at), 0
    except collections.TooOld:
        if continuing:
            raise continuation.expired(start) from None
        raise status.gone("The resourceVersion for the provided list is too old.") from None


def _page(call: calls.Call, scan: Scan) -> Page:
    found, matches, limit, revision, rest = scan
    if matches is not None:
        found = [entry for entry in found if matches(entry)]
    if 0 < limit < len(found):
        rest += len(found) - limit
        found = found[:limit]
    metadata: JSON = {"resourceVersion": str(revision)}
    if rest:
        last = found[-1]
        start = (last.name if call.route.namespace else last.key) + "\0"
        metadata["continue"] = continuation.encode(continuation.Position(start, revision))
        if matches is None:
            metadata["remainingItemCount"] = rest
    return Page(found, metadata)


def check_options(call: calls.Call) -> None:
    """Refuse combinations of list and watch options that contradict each other."""
    errors: list[fields.FieldError] = []
    match, revision = call.parameter("resourceVersionMatch"), call.parameter("resourceVersion")
    watching = call.verb == "watch"
    initial = "sendInitialEvents" in call.query
    if initial and watching:
        _check_initial(match, errors)
    elif match:
        _check_match(call, match, revision, errors, watching=watching)
    if initial and not watching:
        errors.append(fields.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    options.refuse("ListOptions", errors)


def _check_initial(match: str, errors: list[fields.FieldError]) -> None:
    where = "resourceVersionMatch"
    if match != "NotOlderThan":
        errors.append(
            fields.forbidden(where, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        )
    if match and match not in MATCHES:
        errors.append(fields.not_supported(where, match, [*MATCHES, ""]))


def _check_match(
    call: calls.Call, match: str, revision: str, errors: list[fields.FieldError], *, watching: bool
) -> None:
    where = "resourceVersionMatch"
    if watching:
        detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        errors.append(fields.forbidden(where, detail))
        return
    if not revision:
        errors.append(fields.forbidden(where, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
    if call.parameter("continue"):
        errors.append(fields.forbidden(where, "resourceVersionMatch is forbidden when continue is provided"))
    if match not in MATCHES:
        errors.append(fields.not_supported(where, match, [*MATCHES, ""]))
    if match == EXACT and revision == "0":
        errors.append(fields.forbidden(where, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))


def parse_revision(text: str, *, watching: bool = False) -> int:
    """A resourceVersion parameter; 0 where it is missing. Raises 400, for a watch upstream's bare 500."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise status.bare(why) if watching else status.bad_request(f"invalid resource version: {why}")
    return int(text)


def check_reached(registry: registries.Registry, text: str) -> None:
    """Raise 504 for a revision that does not exist yet."""
    revision = parse_revision(text)
    if revision > registry.cache.revision:
        raise status.revision_too_large(revision, registry.cache.revision)
