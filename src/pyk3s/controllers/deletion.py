"""Deleting an object that a cache shows, so that the cache knows at once."""

from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources, rest
from pyk3s.client.errors import ApiError


class _MarkedMetadata(objects.Metadata, rename="camel"):
    deletion_grace_period_seconds: int = 0

    @property
    def stays(self) -> bool:
        """The object still has to wait for its grace period or finalizers; otherwise this was its last state."""
        return self.deletion_timestamp is not None and bool(self.finalizers or self.deletion_grace_period_seconds)


class _Marked(msgspec.Struct):
    metadata: _MarkedMetadata = msgspec.field(default_factory=_MarkedMetadata)


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
    if marked.uid == metadata.uid and marked.stays:
        cache.wrote(raw)
    else:
        cache.removed(metadata.key, metadata.uid)
