"""Strategic merge patch: merging that knows by type which lists merge, and by which key, plus directives in the patch.

Directives: `$patch` (replace, delete, merge) in a map or list item, `$retainKeys`, `$setElementOrder/<list>` and
`$deleteFromPrimitiveList/<list>` beside the list. What is wrong with a patch is said in upstream's words; most of it is
an answer 500 there, and so it is here.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from pyk3s.api import status
from pyk3s.api.patching import element_order
from pyk3s.api.patching.element_order import go_text
from pyk3s.api.schema import types

JSON = dict[str, Any]

MARKER = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"


class _Rule(NamedTuple):
    """How the type says that one field merges."""

    type: types.Type | None
    merges: bool = False
    merge_key: str = ""
    replaces: bool = False


def apply(type_: types.Type, doc: JSON, patch: JSON) -> JSON:
    """The patched document; `doc` and `patch` stay as they are. Raises StatusError 400, 422 or 500."""
    # Private copies: merging edits both in place.
    return _merge(type_, _copied(doc), _copied(patch))


def _copied(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _merge(type_: types.Type | None, original: JSON, patch: JSON) -> JSON:
    if MARKER in patch:
        directive = patch.pop(MARKER)
        if directive == "replace":
            replacement: JSON = _without_directives(patch)
            return replacement
        if directive == "delete":
            return {}
        raise _unknown_directive(directive, patch)
    _retain_keys(original, patch)
    _merge_ordered_lists(type_, original, patch)
    for name, value in patch.items():
        if name.startswith(DELETE_FROM):
            _delete_from_list(original, name.removeprefix(DELETE_FROM), value)
        elif value is None:
            original.pop(name, None)
        elif isinstance(value, dict) and isinstance(original.get(name), dict):
            rule = _rule(type_, name)
            original[name] = value if rule.replaces else _merge(rule.type, original[name], value)
        elif isinstance(value, list) and isinstance(original.get(name), list):
            original[name] = _merge_list(_rule(type_, name), original[name], value)
        else:
            original[name] = _without_directives(value)
    return original


def _rule(type_: types.Type | None, name: str) -> _Rule:
    if type_ is None:
        return _Rule(None)
    if type_.kind == "map":
        return _Rule(type_.values)
    field = type_.fields.get(name)
    if field is None:
        return _Rule(None)
    return _Rule(field.type, "merge" in field.patch_strategy, field.merge_key, "replace" in field.patch_strategy)


def _retain_keys(original: JSON, patch: JSON) -> None:
    if RETAIN_KEYS not in patch:
        return
    retained = patch.pop(RETAIN_KEYS)
    if not isinstance(retained, list):
        raise status.bad_request("invalid patch format of retainKeys")
    for name, value in patch.items():
        if value is not None and not name.startswith((SET_ORDER, DELETE_FROM)) and name not in retained:
            raise _unprocessable("patch content doesn't match retainKeys list")
    for name in [name for name in original if name not in retained]:
        del original[name]


def _merge_ordered_lists(type_: types.Type | None, original: JSON, patch: JSON) -> None:
    """Lists whose order the patch gives: merge what it changes, then arrange."""
    for directive in [name for name in patch if name.startswith(SET_ORDER)]:
        order = patch.pop(directive)
        name = directive.removeprefix(SET_ORDER)
        if not isinstance(order, list):
            raise status.bad_request("invalid patch format of setElementOrder list")
        rule = _rule(type_, name)
        before, change = original.get(name), patch.pop(name, None)
        if not isinstance(before, list | None) or not isinstance(change, list | None):
            raise status.bad_request("invalid patch format of setElementOrder list")
        element_order.check(change or [], order, rule.merge_key, SET_ORDER)
        if before is None and change is None:
            continue
        if before is None:
            merged = _without_directives(change)
        elif change is None:
            merged = before
        else:
            merged = _merge_list(rule, list(before), change)
        original[name] = element_order.arranged(merged, order, before or [], rule.merge_key)


def _delete_from_list(original: JSON, name: str, values: Any) -> None:
    if not isinstance(values, list):
        raise status.bad_request("invalid patch format of primitive list")
    if isinstance(original.get(name), list):
        original[name] = [value for value in original[name] if value not in values]


def _merge_list(rule: _Rule, original: list[Any], patch: list[Any]) -> list[Any]:
    if not rule.merges:
        return patch
    if not original and not patch:
        return original
    if not _holds_maps(original + patch):
        merged = original + patch
        unique = [value for index, value in enumerate(merged) if value not in merged[:index]]
        return element_order.arranged(unique, patch, original, "")
    if not rule.merge_key:
        raise status.StatusError(500, "", f"cannot merge lists without merge key for {rule.type!r}")
    before = original
    original, patch = _obey_item_directives(original, patch, rule.merge_key)
    result = list(original)
    item_type = rule.type.items if rule.type is not None else None
    for item in patch:
        key = _key_of(item, rule.merge_key)
        place = next((i for i, each in enumerate(result) if each.get(rule.merge_key) == key), None)
        if place is None:
            result.append(_without_directives(item))
        else:
            result[place] = _merge(item_type, result[place], item)
    return element_order.arranged(result, patch, before, rule.merge_key)


def _holds_maps(values: list[Any]) -> bool:
    kinds = {type(value) for value in values}
    if list in kinds:
        raise _unprocessable("lists of lists are not supported")
    if len(kinds) > 1 and dict in kinds:
        raise status.StatusError(500, "", f"list element types are not identical: {go_text(values)}")
    return dict in kinds


def _obey_item_directives(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    plain: list[Any] = []
    replace = False
    for item in patch:
        directive = item.get(MARKER)
        if MARKER not in item:
            plain.append(item)
        elif directive == "delete":
            key = _key_of(item, merge_key)
            original = [each for each in original if each.get(merge_key) != key]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise status.StatusError(500, "", "merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(directive, item)
    return (plain, []) if replace else (original, plain)


def _key_of(item: JSON, merge_key: str) -> Any:
    if merge_key not in item:
        raise status.StatusError(500, "", f"map: {go_text(item)} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def _without_directives(value: Any) -> Any:
    """What a patch adds where nothing was: its nulls and directives mean nothing there."""
    if isinstance(value, dict):
        return {
            name: _without_directives(inner)
            for name, inner in value.items()
            if inner is not None and not _is_directive(name)
        }
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, Mapping) and item.get(MARKER) in ("delete", "replace"))]
        return [_without_directives(item) for item in kept]
    return value


def _is_directive(name: str) -> bool:
    return name in (MARKER, RETAIN_KEYS) or name.startswith((SET_ORDER, DELETE_FROM))


def _unknown_directive(directive: Any, patch: JSON) -> status.StatusError:
    shown = go_text({**patch, MARKER: directive})
    return status.StatusError(500, "", f"unknown patch type: {go_text(directive)} in map: {shown}")


def _unprocessable(message: str) -> status.StatusError:
    return status.StatusError(422, "Invalid", message, {})
