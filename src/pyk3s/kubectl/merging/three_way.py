"""The patch that brings an object to a manifest and takes away what the last manifest had and this one has not.

What others added stays. For kinds with a known type the patch is a strategic one, which merges lists by key; for the
rest it is a JSON merge patch, to which a list is one value. An empty patch means that nothing is to be done.
"""

from typing import Any, NamedTuple

from pyk3s.api.schema import types

JSON = dict[str, Any]
SET_ORDER, DELETE_FROM = "$setElementOrder/", "$deleteFromPrimitiveList/"


class _Rule(NamedTuple):
    """How one field merges, by its type."""

    type: types.Type | None = None
    merges: bool = False
    key: str = ""
    replaces: bool = False
    retains: bool = False


def patch(type_: types.Type | None, original: JSON, modified: JSON, live: JSON) -> JSON:
    """The patch; strategic where there is a type, else a JSON merge patch."""
    return _maps(type_, original, modified, live)


def _maps(type_: types.Type | None, original: JSON, modified: JSON, live: JSON) -> JSON:
    result: JSON = {}
    for name, value in modified.items():
        if value is None:
            if name in live:
                result[name] = None
        elif name not in live:
            result[name] = value
        elif isinstance(value, dict) and isinstance(live[name], dict):
            rule = _rule(type_, name)
            if change := _inner(rule, _as_map(original.get(name)), value, live[name]):
                result[name] = change
        elif isinstance(value, list) and isinstance(live[name], list):
            result |= _lists(_rule(type_, name), name, _as_list(original.get(name)), value, live[name])
        elif value != live[name] or isinstance(value, bool) != isinstance(live[name], bool):
            result[name] = value
    for name, value in original.items():
        if name not in modified and value is not None:
            result[name] = None
    return result


def _inner(rule: _Rule, original: JSON, modified: JSON, live: JSON) -> JSON:
    if rule.replaces:
        return {} if modified == live else {**modified, "$patch": "replace"}
    change = _maps(rule.type, original, modified, live)
    if change and rule.retains:
        change["$retainKeys"] = sorted(name for name, value in modified.items() if value is not None)
    return change


def _lists(rule: _Rule, name: str, original: list[Any], modified: list[Any], live: list[Any]) -> JSON:
    """The entries of a patch that bring a list to what is wanted; none if it is."""
    if not rule.merges:
        return {} if modified == live else {name: modified}
    if not all(isinstance(each, dict) for each in modified + live + original):
        return _primitives(name, original, modified, live)
    changes = _keyed(rule, original, modified, live)
    if not changes and _same_order(modified, live, rule.key):
        return {}
    order = [{rule.key: each.get(rule.key)} for each in modified]
    return {f"{SET_ORDER}{name}": order, **({name: changes} if changes else {})}


def _primitives(name: str, original: list[Any], modified: list[Any], live: list[Any]) -> JSON:
    added = [each for each in modified if each not in live]
    removed = [each for each in original if each not in modified and each in live]
    if not added and not removed:
        return {}
    result: JSON = {f"{SET_ORDER}{name}": modified}
    if added:
        result[name] = added
    if removed:
        result[f"{DELETE_FROM}{name}"] = removed
    return result


def _keyed(rule: _Rule, original: list[JSON], modified: list[JSON], live: list[JSON]) -> list[JSON]:
    before, there = _by_key(original, rule.key), _by_key(live, rule.key)
    wanted = _by_key(modified, rule.key)
    item = rule.type.items if rule.type is not None else None
    changes: list[JSON] = []
    for key, each in wanted.items():
        if key not in there:
            changes.append(each)
        elif change := _maps(item, before.get(key, {}), each, there[key]):
            changes.append({rule.key: each.get(rule.key), **change})
    gone = [each for key, each in before.items() if key not in wanted]
    return changes + [{"$patch": "delete", rule.key: each.get(rule.key)} for each in gone]


def _same_order(modified: list[JSON], live: list[JSON], key: str) -> bool:
    wanted = [each.get(key) for each in modified]
    there = [each.get(key) for each in live if each.get(key) in wanted]
    return there == wanted


def _by_key(items: list[JSON], key: str) -> dict[Any, JSON]:
    found: dict[Any, JSON] = {}
    for item in items:
        found.setdefault(item.get(key), item)
    return found


def _rule(type_: types.Type | None, name: str) -> _Rule:
    if type_ is None:
        return _Rule()
    if type_.kind == "map":
        return _Rule(type_.values)
    field = type_.fields.get(name)
    if field is None:
        return _Rule()
    strategy = field.patch_strategy
    return _Rule(field.type, "merge" in strategy, field.merge_key, "replace" in strategy, "retainKeys" in strategy)


def _as_map(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
