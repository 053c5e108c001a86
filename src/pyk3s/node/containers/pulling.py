"""Makes sure that an image is on the node, by its pull policy; every image is pulled by one pod at a time."""

import asyncio
import re
from collections.abc import Callable, Sequence

from pyk3s.cri import runtime
from pyk3s.lib import clock
from pyk3s.node.containers import credentials
from pyk3s.node.objects import JSON

Tell = Callable[[str, str, bool], None]  # reason, message, warning
_NAME = re.compile(
    r"^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?)/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})?$"
)


class PullError(Exception):
    """An image cannot be had; `reason` is what the container's status shows."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


def policy_of(container: JSON) -> str:
    """Always, IfNotPresent or Never; without a word, by the tag."""
    told = container.get("imagePullPolicy")
    if told:
        return str(told)
    tag = container["image"].rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


class Images:
    """The images of the node."""

    def __init__(self, cri: runtime.Runtime, time: clock.Clock):
        self._cri, self._time = cri, time
        self._locks: dict[str, asyncio.Lock] = {}

    async def ensure(self, container: JSON, secrets: Sequence[JSON], sandbox_config: JSON, tell: Tell) -> JSON:
        """The CRI Image of a container, pulled if its policy says so; raises PullError."""
        name = container.get("image", "")
        if not _NAME.match(name):
            tell("InspectFailed", f'Failed to apply default image tag "{name}": invalid reference format', True)
            raise PullError("InvalidImageName", f'Failed to apply default image tag "{name}": invalid reference format')
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            return await self._ensure(container, secrets, sandbox_config, tell)

    async def _ensure(self, container: JSON, secrets: Sequence[JSON], sandbox_config: JSON, tell: Tell) -> JSON:
        name, policy = container["image"], policy_of(container)
        try:
            present = await self._cri.image(name)
        except runtime.CriError as error:
            raise PullError("ImageInspectError", f'Failed to inspect image "{name}": {error}') from error
        if present and policy != "Always":
            tell("Pulled", f'Container image "{name}" already present on machine', False)
            return present
        if policy == "Never":
            message = f'Container image "{name}" is not present with pull policy of Never'
            tell("ErrImageNeverPull", message, True)
            raise PullError("ErrImageNeverPull", message)
        return await self._pull(name, secrets, sandbox_config, tell)

    async def _pull(self, name: str, secrets: Sequence[JSON], sandbox_config: JSON, tell: Tell) -> JSON:
        tell("Pulling", f'Pulling image "{name}"', False)
        started = self._time.monotonic()
        try:
            await self._cri.pull(name, credentials.find(name, secrets), sandbox_config)
            present = await self._cri.image(name)
        except runtime.CriError as error:
            tell("Failed", f'Failed to pull image "{name}": {error}', True)
            raise PullError("ErrImagePull", f'failed to pull image "{name}": {error}') from error
        if present is None:
            raise PullError("ErrImagePull", f'image "{name}" was pulled but is not there')
        took = f"{self._time.monotonic() - started:.3f}s"
        size = present.get("size", 0)
        tell("Pulled", f'Successfully pulled image "{name}" in {took}. Image size: {size} bytes.', False)
        return present
