"""ConfigMaps and Secrets that pods on this node use: each followed by one watch for as long as a pod needs it."""

import asyncio
from collections.abc import Callable

import msgspec

from pyk3s.client import informer, resources, rest
from pyk3s.client import objects as client_objects
from pyk3s.lib import tasks
from pyk3s.node.objects import JSON

REFS = {"configmap": resources.CONFIG_MAPS, "secret": resources.SECRETS}
Key = tuple[str, str, str]  # kind, namespace, name


class Content(msgspec.Struct, rename="camel"):
    """What becomes files and variables."""

    metadata: client_objects.Identity
    data: dict[str, str] = {}
    binary_data: dict[str, str] = {}

    def as_json(self) -> JSON:
        return {"data": self.data, "binaryData": self.binary_data}


class _Followed:
    def __init__(self, follower: "informer.Informer[Content]", task: "asyncio.Task[None]"):
        self.follower, self.task = follower, task
        self.users: set[str] = set()


class Watched:
    """Objects by kind, namespace and name; `changed` is told the uids of the pods that use what changed."""

    def __init__(self, client: rest.Client, owner: tasks.TaskOwner, changed: Callable[[str], None]):
        self._client, self._owner, self._changed = client, owner, changed
        self._followed: dict[Key, _Followed] = {}

    async def get(self, key: Key, user: str) -> JSON | None:
        """The object now; None where it does not exist. It is followed until `user` is done."""
        followed = self._followed.get(key) or self._follow(key)
        followed.users.add(user)
        await followed.follower.synced()
        held = followed.follower.get(f"{key[1]}/{key[2]}")
        return held.as_json() if held else None

    def done(self, user: str) -> None:
        """The pod needs nothing any more."""
        for key, followed in list(self._followed.items()):
            followed.users.discard(user)
            if not followed.users:
                del self._followed[key]
                followed.task.cancel()

    def _follow(self, key: Key) -> _Followed:
        kind, namespace, name = key
        follower: informer.Informer[Content] = informer.Informer(
            self._client, REFS[kind], Content, namespace=namespace, field_selector=f"metadata.name={name}"
        )
        task = self._owner.start(follower.run(), "/".join(key))
        followed = self._followed[key] = _Followed(follower, task)
        follower.on_change(lambda old, new: self._tell(followed))
        return followed

    def _tell(self, followed: _Followed) -> None:
        for user in list(followed.users):
            self._changed(user)
