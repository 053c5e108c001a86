"""The order of admission: every mutating step, then, after validation of the object, every validating one.

Which plug-ins care about a resource is asked once and remembered, so that one without interest costs nothing.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyk3s.api import catalog, status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission.passes import Passes

JSON = dict[str, Any]
CREATE, UPDATE, DELETE, CONNECT = "CREATE", "UPDATE", "DELETE", "CONNECT"


@dataclass(slots=True)
class Attributes:
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
    options: JSON = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
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


class Chain:
    """The plug-ins in order."""

    def __init__(self, plugins: Sequence[Plugin]):
        self._plugins = list(plugins)
        self._concerned: dict[tuple[str, str, str, str], list[Plugin]] = {}

    def concerned(self, operation: str, resource: catalog.Resource, subresource: str = "") -> list[Plugin]:
        """The plug-ins that want to see this operation."""
        key = (operation, resource.group, resource.plural, subresource)
        found = self._concerned.get(key)
        if found is None:
            found = [each for each in self._plugins if each.concerns(operation, resource, subresource)]
            self._concerned[key] = found
        return found

    async def mutate(self, attributes: Attributes) -> None:
        await self._mutate(attributes)
        if (made := attributes.passes) is not None and made.changed:
            made.is_second = True
            await self._mutate(attributes)

    async def _mutate(self, attributes: Attributes) -> None:
        for plugin in self.concerned(attributes.operation, attributes.resource, attributes.subresource):
            if (waiting := plugin.mutate(attributes)) is not None:
                await waiting

    async def validate(self, attributes: Attributes) -> None:
        for plugin in self.concerned(attributes.operation, attributes.resource, attributes.subresource):
            if (waiting := plugin.validate(attributes)) is not None:
                await waiting
