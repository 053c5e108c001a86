"""Who manages what: pods of a ReplicaSet, ReplicaSets of a Deployment. Decisions pure, their execution beside them.

A controller owns what names it as controlling owner. It adopts what matches its selector and has no controller, and
releases what no longer matches.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

from pyk3s.client import informer, objects, resources, rest


class Owned(Protocol):
    @property
    def metadata(self) -> objects.Metadata: ...


T = TypeVar("T", bound=Owned)


class Claims(NamedTuple):
    """`owned` stays, `adopt` is to be taken over, `release` let go."""

    owned: list[Any]
    adopt: list[Any]
    release: list[Any]


def claim(owner: objects.Metadata, matches: Callable[[dict[str, str]], bool], found: Iterable[T]) -> Claims:
    """Sort candidates of the owner's namespace; an owner being deleted adopts and releases nothing."""
    claims = Claims([], [], [])
    leaving = owner.deletion_timestamp is not None
    for each in found:
        controller = each.metadata.controller
        if controller is not None:
            if controller.uid == owner.uid:
                fits = leaving or matches(each.metadata.labels)
                (claims.owned if fits else claims.release).append(each)
        elif not leaving and each.metadata.deletion_timestamp is None and matches(each.metadata.labels):
            claims.adopt.append(each)
    return claims


async def settle(
    client: rest.Client,
    owner: tuple[resources.ResourceRef, objects.Metadata],
    ref: resources.ResourceRef,
    cache: informer.Informer[Any],
    claims: Claims,
) -> list[Any]:
    """Carry claims out; everything that the owner has now. Raises ApiError."""
    kind, metadata = owner
    mine = list(claims.owned)
    if claims.adopt and await _still_there(client, kind, metadata):
        new_owner = objects.controller_reference(kind.api_version, kind.kind, metadata)
        for each in claims.adopt:
            await _patch_owner(client, ref, cache, each, new_owner)
            mine.append(cache.get(each.metadata.key) or each)
    for each in claims.release:
        await _patch_owner(client, ref, cache, each, {"$patch": "delete", "uid": metadata.uid})
    return mine


async def _still_there(client: rest.Client, kind: resources.ResourceRef, metadata: objects.Metadata) -> bool:
    """Ask the server, not the cache: adopting for an owner that is gone would have the garbage collector delete
    things.
    """
    live = (await client.get(kind.path(metadata.namespace, metadata.name)))["metadata"]
    return live["uid"] == metadata.uid and not live.get("deletionTimestamp")


async def _patch_owner(
    client: rest.Client, ref: resources.ResourceRef, cache: informer.Informer[Any], each: Any, entry: dict[str, Any]
) -> None:
    patch = {"metadata": {"uid": each.metadata.uid, "ownerReferences": [entry]}}
    path = ref.path_of(each.metadata.key)
    cache.wrote(await client.send("PATCH", path, patch, content_type=rest.STRATEGIC_PATCH))
