"""Waits until something holds of an object, by watching it; shared by wait, delete, rollout status and drain."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from pyk3s.client.errors import ApiError
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.discovery import Resource
from pyk3s.kubectl.targets import Target

JSON = dict[str, Any]
Holds = Callable[[JSON | None], bool]
AGAIN_S = 1.0  # between a watch that broke off and the next look


class TimedOut(Exception):
    """It did not hold in time."""


async def until(context: Context, target: Target, holds: Holds, timeout: float | None) -> JSON | None:
    """The object (None where it is gone) once `holds` says so of it. Raises TimedOut, ApiError."""
    try:
        async with asyncio.timeout(timeout):
            return await _until(context, target, holds)
    except TimeoutError as error:
        raise TimedOut(target.shown) from error


async def _until(context: Context, target: Target, holds: Holds) -> JSON | None:
    while True:
        obj, version = await _now(context, target)
        if holds(obj):
            return obj
        try:
            async for kind, seen in _events(context, target.resource, target.namespace, target.name, version):
                obj = None if kind == "DELETED" else seen
                if holds(obj):
                    return obj
        except ApiError as error:
            if not error.gone:
                raise
        await asyncio.sleep(AGAIN_S)


async def _now(context: Context, target: Target) -> tuple[JSON | None, str]:
    """The object as it is, and the version of the list it was seen in."""
    query = {"fieldSelector": f"metadata.name={target.name}"}
    page = await context.server.get(target.resource.path(target.namespace), query)
    items = page.get("items") or []
    found = items[0] if items else None
    if found is not None:
        found = {"apiVersion": target.resource.api_version, "kind": target.resource.kind, **found}
    return found, str(page["metadata"].get("resourceVersion", ""))


async def _events(context: Context, resource: Resource, namespace: str, name: str, version: str) -> Any:
    query = {"fieldSelector": f"metadata.name={name}", "watch": "true", "resourceVersion": version}
    async for line in context.server.lines(resource.path(namespace), query):
        event = msgspec.json.decode(line, type=dict)
        if event["type"] == "ERROR":
            status = event["object"]
            raise ApiError(status.get("code", 500), status.get("reason", ""), status.get("message", ""))
        yield event["type"], event["object"]


def gone(uid: str) -> Holds:
    """Whether the object of this UID is no more."""
    return lambda obj: obj is None or (bool(uid) and obj["metadata"].get("uid") != uid)
