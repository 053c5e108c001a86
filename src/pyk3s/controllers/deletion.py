"""Deleting an object that a cache shows, so that the cache knows at once."""

from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources, rest
from pyk3s.client.errors import ApiError


class _Marked(msgspec.Struct, rename="camel"):
    metadata: objects.Metadata = objects.Metadata()


async def delete(
    client: rest.Client,
    ref: resources.ResourceRef,
    cache: informer.Informer[Any],
    metadata: objects.Identity,
    **options: Any,
) -> None:
    """Delete that very object (by uid); one that is gone already is fine. Raises ApiError."""
    body = {"preconditions": {"uid": metadata.uid}, **options}
    try:
        raw = await client.send("DELETE", ref.path_of(metadata.key), body)
    except ApiError as error:
        if error.not_found or error.conflict:
            cache.removed(metadata.key, metadata.uid)
            return
        raise
    marked = msgspec.json.decode(raw, type=_Marked).metadata
    if marked.uid == metadata.uid and marked.deletion_timestamp and _stays(marked, raw):
        cache.wrote(raw)
    else:
        cache.removed(metadata.key, metadata.uid)


def _stays(marked: objects.Metadata, raw: bytes) -> bool:
    """Whether the answer shows an object that still has to wait (grace period or finalizers) rather than its last state."""
    waits = msgspec.json.decode(raw, type=_Waits).metadata
    return bool(waits.finalizers) or waits.deletion_grace_period_seconds > 0


class _WaitsMetadata(msgspec.Struct, rename="camel"):
    finalizers: list[str] = []
    deletion_grace_period_seconds: int = 0


class _Waits(msgspec.Struct):
    metadata: _WaitsMetadata = _WaitsMetadata()
