"""The order of a merged list: items named by the patch in its order, the others in the order of the original.

Where an item of the patch and one of the others were both in the original, their order there decides; a new item of the
patch comes before what is left.
"""

from typing import Any

import msgspec

from pyk3s.api import status


def arranged(merged: list[Any], order: list[Any], original: list[Any], merge_key: str) -> list[Any]:
    """The items of `merged`, arranged by the `order` that a patch gives and the `original` list."""
    wanted = _places(order, merge_key)
    before = _places(original, merge_key)
    named = sorted(
        (item for item in merged if _key(item, merge_key) in wanted), key=lambda item: wanted[_key(item, merge_key)]
    )
    others = sorted(
        (item for item in merged if _key(item, merge_key) not in wanted),
        key=lambda item: before.get(_key(item, merge_key), len(before)),
    )
    result: list[Any] = []
    while named and others:
        left, right = before.get(_key(others[0], merge_key)), before.get(_key(named[0], merge_key))
        first = others if left is not None and right is not None and left < right else named
        result.append(first.pop(0))
    return result + named + others


def check(change: list[Any], order: list[Any], merge_key: str, directive: str) -> None:
    """Raise StatusError 500 unless the changed items appear in the given order; deleted ones need not."""
    if not change or not order:
        return
    expected = iter([_key(item, merge_key) for item in order])
    for item in change:
        if isinstance(item, dict) and item.get("$patch") == "delete":
            continue
        if not any(_key(item, merge_key) == key for key in expected):
            message = (
                f"The order in patch list:\n{go_text(change)}\n"
                f" doesn't match {directive.rstrip('/')} list:\n{go_text(order)}\n"
            )
            raise status.StatusError(500, "", message)


def go_text(value: Any) -> str:
    """A JSON value as upstream's messages print it: `map[name:web ports:[80 81]]`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{go_text(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_text(item) for item in value) + "]"
    if value is None:
        return "<nil>"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _places(items: list[Any], merge_key: str) -> dict[Any, int]:
    places: dict[Any, int] = {}
    for index, item in enumerate(items):
        places.setdefault(_key(item, merge_key), index)
    return places


def _key(item: Any, merge_key: str) -> Any:
    """What tells an item from the others: its merge key, or itself."""
    key = item.get(merge_key) if isinstance(item, dict) and merge_key else item
    return msgspec.json.encode(key, order="sorted") if isinstance(key, list | dict) else (type(key), key)
