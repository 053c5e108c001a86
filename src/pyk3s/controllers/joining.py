"""What joining leaves behind: passwords of nodes that are gone, and bootstrap tokens that have expired.

A node's password makes its name its own; when the Node is deleted, the name is free again. What was deleted while no
controller ran is found at the start.
"""

import base64
import binascii

import msgspec

from pyk3s.client import errors, objects, resources, rest
from pyk3s.client.reconciler import Reconciler, RequeueAfter
from pyk3s.controllers import deletion
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.objects import Node
from pyk3s.lib import timestamps
from pyk3s.pki import bootstrap

PASSWORD_SUFFIX = ".node-password.k3s"
MISSED = ""  # the key of what was deleted while no controller ran; no node has that name
LOOK_S = 3600.0  # the longest that an expiry is waited for at once: clocks may be set
NEW_S = 600.0  # a node that joined within this time may not have registered yet


class NodePasswords:
    """Forgets the passwords of deleted nodes."""

    name = "node-password-controller"

    def __init__(self, context: Context):
        self._client, self._time, self._nodes = context.client, context.time, context.nodes
        self._reconciler = Reconciler(self.name, self._reconcile, workers=1)
        self._nodes.on_change(self._node_changed)

    async def run(self) -> None:
        self._reconciler.add(MISSED)
        await self._reconciler.run()

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        if new is None and old is not None:
            self._reconciler.add(old.metadata.name)

    async def _look_for_missed(self) -> None:
        path = resources.SECRETS.path(bootstrap.NAMESPACE)
        body = await self._client.call("GET", path, accept=rest.METADATA_LIST_ONLY)
        for secret in msgspec.json.decode(body, type=_Secrets).items:
            node = secret.metadata.name.removesuffix(PASSWORD_SUFFIX)
            created = timestamps.parse_rfc3339(secret.metadata.creation_timestamp or "1970-01-01T00:00:00Z")
            if node != secret.metadata.name and self._time.time() - created > NEW_S:
                self._reconciler.add(node)

    async def _reconcile(self, node: str) -> None:
        if node == MISSED:
            await self._look_for_missed()
            return
        if self._nodes.get(node) is not None:
            return
        with errors.gone_is_fine():
            await self._client.delete(resources.SECRETS.path(bootstrap.NAMESPACE, f"{node}{PASSWORD_SUFFIX}"))


class _TokenData(msgspec.Struct):
    expiration: str = ""


class _Token(msgspec.Struct):
    metadata: objects.Metadata
    data: _TokenData | None = None

    @property
    def ends(self) -> float | None:
        """When it expires, in seconds since 1970; None for never. What nobody can read has expired."""
        told = self.data.expiration if self.data else ""
        if not told:
            return None
        try:
            return timestamps.parse_rfc3339(base64.b64decode(told).decode())
        except (binascii.Error, ValueError):
            return 0.0


class _Secrets(msgspec.Struct):
    items: list[_Token] = []


class TokenCleaner(KindController[_Token]):
    """Deletes bootstrap tokens that have expired."""

    name = "token-cleaner-controller"

    def __init__(self, context: Context):
        self._time = context.time
        wanted = {"namespace": bootstrap.NAMESPACE, "field_selector": f"type={bootstrap.TYPE}"}
        super().__init__(context, context.shared(resources.SECRETS, _Token, **wanted))

    async def _act(self, token: _Token) -> RequeueAfter | None:
        if token.ends is None:
            return None
        left = token.ends - self._time.time()
        if left > 0:
            return RequeueAfter(min(left, LOOK_S))
        await deletion.delete(self._client, resources.SECRETS, self._objects, token.metadata)
        return None
