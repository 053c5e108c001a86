"""Moves an object from client-side to server-side apply: fields that the one owned become the other's. Pure.

Without it the first server-side apply would own its fields beside the old owner, and what a later manifest leaves out
would stay for ever.
"""

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]
CLIENT_SIDE = "kubectl-client-side-apply"


def migrated(managers: Sequence[JSON], manager: str) -> list[JSON] | None:
    """The managed fields with what client-side apply owned given to `manager`; None where there is nothing to move."""
    old = [each for each in managers if _is(each, CLIENT_SIDE, "Update")]
    new = next((each for each in managers if _is(each, manager, "Apply")), None)
    if not old or new is None:
        return None
    fields = new.get("fieldsV1") or {}
    for each in old:
        if each.get("apiVersion") == new.get("apiVersion"):
            fields = union(fields, each.get("fieldsV1") or {})
    return [{**each, "fieldsV1": fields} if each is new else each for each in managers if each not in old]


def _is(entry: JSON, manager: str, operation: str) -> bool:
    return (entry.get("manager"), entry.get("operation"), entry.get("subresource", "")) == (manager, operation, "")


def union(left: JSON, right: JSON) -> JSON:
    """The fields of two sets in their nested form."""
    result = dict(left)
    for name, inner in right.items():
        result[name] = union(result[name], inner) if name in result else inner
    return result
