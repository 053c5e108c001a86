"""Which objects a list or watch is about: label and field selectors, compiled to one test of a cache entry."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pyk3s.api import selectors, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import selection, watchers
from pyk3s.apiserver.registry import store as stores

Matches = Callable[[entries.Entry], bool]


class Selection(NamedTuple):
    """A test of entries (None: all of them match) and the interest under which a watcher is found."""

    matches: Matches | None
    interest: watchers.Interest


def select(store: stores.ResourceStore, call: calls.Call) -> Selection:
    """The selection of a list, watch or deletion of a collection; raises 400 for selectors that cannot be."""
    namespace, name = call.route.namespace, call.route.name
    if not call.request.raw_query and not name:
        return Selection(None, ("namespace", namespace) if namespace else watchers.EVERYTHING)
    labels, exact = _labels(call), _fields(store, call)
    if name:
        exact.append(("metadata.name", name, False))
    wanted = {path: value for path, value, negated in exact if not negated}
    interest = _interest(store, namespace, wanted)
    if labels is None and not exact:
        return Selection(None, interest)
    projection = store.collection.projection

    def matches(entry: entries.Entry) -> bool:
        facts = entry.facts(projection)
        if labels is not None and not labels.matches(facts.labels):
            return False
        return all((facts.fields[path] == value) is not negated for path, value, negated in exact)

    return Selection(matches, interest)


def _labels(call: calls.Call) -> "selectors.LabelSelector | None":
    text = call.parameter("labelSelector")
    if not text:
        return None
    try:
        return selectors.parse_labels(text)
    except selectors.SelectorError as error:
        raise status.bad_request(str(error)) from None


def _fields(store: stores.ResourceStore, call: calls.Call) -> list[tuple[str, str, bool]]:
    """The terms of a field selector as (path, value, negated)."""
    text = call.parameter("fieldSelector")
    if not text:
        return []
    try:
        terms = [(each.field, each.value, not each.equal) for each in selectors.parse_fields(text).requirements]
    except selectors.SelectorError as error:
        raise status.bad_request(str(error)) from None
    known = _selectable(store)
    for path, _, _ in terms:
        if path not in known:
            raise status.bad_request(_unsupported(store, path))
        if store.selects_elsewhere and path not in selection.ALWAYS:
            raise status.bad_request(_elsewhere(store, path))
    return [(known[path], value, negated) for path, value, negated in terms]


def _selectable(store: stores.ResourceStore) -> Mapping[str, str]:
    """The fields that selectors of the served version may name, and what they are called in the stored one."""
    renamed = store.strategy.renamed.get(store.served.api_version)
    if renamed is not None:
        return renamed
    return {name: name for name in (*selection.ALWAYS, *(field.name for field in store.strategy.selectable))}


def _elsewhere(store: stores.ResourceStore, path: str) -> str:
    return (
        f"field label not supported: {path}: a webhook makes the fields of {store.served.api_version}; "
        f"select by the fields of {store.stored.api_version}, in which the objects are stored"
    )


def _unsupported(store: stores.ResourceStore, path: str) -> str:
    if not store.strategy.selectable and store.served.custom is None:
        return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    return store.strategy.unsupported_field.format(path=path)


def _interest(store: stores.ResourceStore, namespace: str, wanted: dict[str, str]) -> watchers.Interest:
    name = wanted.get("metadata.name")
    if name and (namespace or not store.served.namespaced):
        return "key", store.key(namespace, name)
    for path in store.collection.watchers.index.paths:
        if path in wanted:
            return path, wanted[path]
    return ("namespace", namespace) if namespace else watchers.EVERYTHING
