"""What the server serves, from its two aggregated discovery documents, and how people name it.

A name is a plural, singular, short name or kind, alone or as `NAME.GROUP` or `NAME.VERSION.GROUP`. Of several
resources of one name the first in the server's own order is meant.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pyk3s.client.resources import ResourceRef
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.server import Server, decoded

JSON = dict[str, Any]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Resource(NamedTuple):
    """One resource of one version, as the server describes it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    singular: str = ""
    verbs: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    preferred: bool = True

    @property
    def ref(self) -> ResourceRef:
        return ResourceRef(self.group, self.version, self.plural, self.kind, self.namespaced)

    @property
    def api_version(self) -> str:
        return self.ref.api_version

    @property
    def qualified(self) -> str:
        """`pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def shown(self) -> str:
        """`pod`, `deployment.apps`: as results name an object's type."""
        kind = self.kind.lower()
        return f"{kind}.{self.group}" if self.group else kind

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        return self.ref.path(namespace or None, name or None, subresource or None)

    def answers_to(self, name: str) -> bool:
        """Whether people mean this resource by `name`, in lower case."""
        return name in (self.plural, self.singular, self.kind.lower()) or name in self.short_names


class Discovery:
    """All resources in the server's order, the preferred version of each group first."""

    def __init__(self, resources: Sequence[Resource], warn: Callable[[str], None] = lambda text: None):
        self.resources = tuple(resources)
        self._warn = warn

    def find(self, name: str) -> Resource:
        """The resource that a word names; raises CommandError."""
        found = self.look_up(name)
        if found is None:
            raise CommandError(f'the server doesn\'t have a resource type "{name.split(".")[0]}"')
        return found

    def look_up(self, name: str) -> Resource | None:
        """The resource that a word names, or None; warns where a short name has several meanings."""
        short = name.lower()
        found = next(self._candidates(short), None)
        if found is not None and short in found.short_names:
            others = (each for each in self.resources if each.preferred and short in each.short_names)
            for other in (each for each in others if each.qualified != found.qualified):
                self._warn(f'Warning: short name "{name}" could also match lower priority resource {other.qualified}')
        return found

    def _candidates(self, name: str) -> Iterator[Resource]:
        plain, _, rest = name.partition(".")
        version, _, group = rest.partition(".")
        for each in self.resources:
            if each.answers_to(plain) and rest and (each.version, each.group) == (version, group):
                yield each
        if not rest:
            yield from (each for each in self.resources if each.answers_to(plain))
        else:
            yield from (each for each in self.resources if each.answers_to(plain) and each.group == rest)
            yield from (each for each in self.resources if each.answers_to(plain) and each.group.startswith(f"{rest}."))
        if rest == version:  # `deployments.v1` of the core group
            core = (each for each in self.resources if each.answers_to(plain) and each.version == version)
            yield from (each for each in core if not each.group)

    def category(self, name: str) -> list[Resource]:
        """The resources of a category such as `all`, one version of each."""
        return [each for each in self.resources if each.preferred and name in each.categories and "list" in each.verbs]

    def of_object(self, api_version: str, kind: str) -> Resource | None:
        """The resource whose objects carry these, or None."""
        return next((each for each in self.resources if each.kind == kind and each.api_version == api_version), None)

    def of_kind(self, group: str, kind: str) -> Resource | None:
        """The resource of a kind in the server's preferred version."""
        return next((each for each in self.resources if each.kind == kind and each.group == group), None)


async def fetch(server: Server, warn: Callable[[str], None]) -> Discovery:
    """Ask the server for everything it serves. Raises ApiError, CommandError."""
    documents = [decoded(await server.call("GET", path, accept=AGGREGATED)) for path in ("/api", "/apis")]
    for document in documents:
        if document.get("kind") != "APIGroupDiscoveryList":
            raise CommandError("the server is older than the built-in kubectl can speak to; install its own kubectl")
    return Discovery([each for document in documents for each in resources(document)], warn)


def resources(document: JSON) -> Iterator[Resource]:
    """The resources of an APIGroupDiscoveryList."""
    for group in document.get("items") or ():
        name = (group.get("metadata") or {}).get("name", "")
        seen: set[str] = set()
        for version in group.get("versions") or ():
            for each in version.get("resources") or ():
                yield _resource(name, version["version"], each, preferred=each["resource"] not in seen)
            seen |= {each["resource"] for each in version.get("resources") or ()}


def _resource(group: str, version: str, found: JSON, *, preferred: bool) -> Resource:
    return Resource(
        group=group,
        version=version,
        plural=found["resource"],
        kind=(found.get("responseKind") or {}).get("kind", ""),
        namespaced=found.get("scope") == "Namespaced",
        singular=found.get("singularResource", ""),
        verbs=tuple(found.get("verbs") or ()),
        short_names=tuple(found.get("shortNames") or ()),
        categories=tuple(found.get("categories") or ()),
        subresources=tuple(each["subresource"] for each in found.get("subresources") or ()),
        preferred=preferred,
    )
