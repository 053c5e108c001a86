"""Lets an update pass with old faults: what was wrong before and has not changed is not held against the change.

An error counts as old if the value at its path is what it was; for a missing field, if the object around it is. Items
are the same by their keys in lists of type map, and in other lists only if the whole list is as it was.
"""

from collections.abc import Sequence
from typing import Any

from pyk3s.api.fields import FieldError
from pyk3s.api.validation.customresources.values import NOWHERE

JSON = dict[str, Any]
REQUIRED = "FieldValueRequired"
_ABSENT = object()


def unforgiven(errors: list[FieldError], schema: JSON, new: JSON, old: JSON) -> list[FieldError]:
    """The errors that the change has brought."""
    return [error for error in errors if not _is_old(error, schema, new, old)]


def _is_old(error: FieldError, schema: JSON, new: JSON, old: JSON) -> bool:
    if error.path in ("", NOWHERE):
        return False
    steps = error.path.replace("[", ".[").split(".")
    if error.reason == REQUIRED:
        steps = steps[:-1]
    before, after = _reach(schema, new, old, [step for step in steps if step])
    return bool(steps) and after is not _ABSENT and before == after


def _reach(schema: JSON, new: Any, old: Any, steps: list[str]) -> tuple[Any, Any]:
    """The values at a path before and after."""
    for index, step in enumerate(steps):
        if isinstance(new, dict):
            new = new.get(step, _ABSENT)
            old = old.get(step, _ABSENT) if isinstance(old, dict) else _ABSENT
            additional = schema.get("additionalProperties")
            inner = (schema.get("properties") or {}).get(step, additional)
            schema = inner if isinstance(inner, dict) else {}
        elif isinstance(new, list) and isinstance(old, list) and step[:1] == "[":
            if schema.get("x-kubernetes-list-type") != "map":
                return old, new
            keys = schema.get("x-kubernetes-list-map-keys") or ()
            new = new[int(step[1:-1])]
            old = next((item for item in old if _same(item, new, keys)), _ABSENT)
            schema = schema.get("items") or {}
        else:
            return _ABSENT, new if index == len(steps) else _ABSENT
    return old, new


def _same(one: Any, other: Any, keys: Sequence[str]) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and all(one.get(key) == other.get(key) for key in keys)
