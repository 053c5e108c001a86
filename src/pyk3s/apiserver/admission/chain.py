"""The order of admission: every mutating step, then, after validation of the object, every validating one.

Which plug-ins care about a resource is asked once and remembered, so that one without interest costs nothing, and one
that only judges costs nothing while objects are changed.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from pyk3s.api import catalog, status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission.passes import Passes

JSON = dict[str, Any]
CREATE, UPDATE, DELETE, CONNECT = "CREATE", "UPDATE", "DELETE", "CONNECT"


class Attributes(msgspec.Struct, eq=False):
    """What is about to happen. `object` may be changed in place by mutating plug-ins; it is {} for a deletion."""

    operation: str
    resource: catalog.Resource
    namespace: str
    name: str
    user: identity.User
    object: JSON
    old: JSON | None = None
    subresource: str = ""
    dry_run: bool = False
    options: JSON = {}
    warnings: list[str] = []
    annotations: dict[str, str] | None = None
    """For the audit log; None where nobody keeps one."""
    passes: Passes | None = None
    """Set where webhooks may change the object."""

    def forbidden(self, why: str) -> status.StatusError:
        """403 for this operation."""
        metadata = self.object.get("metadata") or {}
        name = self.name or metadata.get("name") or metadata.get("generateName") or "Unknown"
        return status.forbidden(self.resource.group, self.resource.plural, name, why)

    def annotate(self, key: str, value: str) -> None:
        """Say something in the audit log, if there is one; the first value of a key stays."""
        if self.annotations is not None:
            self.annotations.setdefault(key, value)


class Plugin(Protocol):
    """One admission plug-in. Both steps raise StatusError to refuse; they may return an awaitable to be waited for."""

    name: str

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool: ...
    def mutate(self, attributes: Attributes) -> Awaitable[None] | None: ...
    def validate(self, attributes: Attributes) -> Awaitable[None] | None: ...


class Base:
    """A plug-in that does nothing; concrete ones override a step."""

    name = ""
    """Upstream's name, by which it is turned on and off; what has none is always on."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return True

    def mutate(self, attributes: Attributes) -> Awaitable[None] | None:
        return None

    def validate(self, attributes: Attributes) -> Awaitable[None] | None:
        return None


Step = Callable[[Attributes], Awaitable[None] | None]


class Steps(NamedTuple):
    """What is to be done about one kind of operation: the steps of the plug-ins that want to see it, in order."""

    mutating: Sequence[Step]
    validating: Sequence[Step]


class Chain:
    """The plug-ins in order."""

    def __init__(self, plugins: Sequence[Plugin]):
        self._plugins = list(plugins)
        self._known: dict[tuple[str, str, str, str], Steps] = {}

    def _steps(self, attributes: Attributes) -> Steps:
        resource = attributes.resource
        key = (attributes.operation, resource.group, resource.plural, attributes.subresource)
        found = self._known.get(key)
        if found is None:
            concerned = [
                each for each in self._plugins if each.concerns(attributes.operation, resource, attributes.subresource)
            ]
            found = self._known[key] = Steps(
                [each.mutate for each in concerned if type(each).mutate is not Base.mutate],
                [each.validate for each in concerned if type(each).validate is not Base.validate],
            )
        return found

    async def mutate(self, attributes: Attributes) -> None:
        steps = self._steps(attributes).mutating
        while True:
            for step in steps:
                if (waiting := step(attributes)) is not None:
                    await waiting
            passes = attributes.passes
            if passes is None or passes.is_second or not passes.changed:
                return
            passes.is_second = True

    async def validate(self, attributes: Attributes) -> None:
        for step in self._steps(attributes).validating:
            if (waiting := step(attributes)) is not None:
                await waiting
