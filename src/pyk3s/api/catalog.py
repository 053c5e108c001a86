"""Which resources the API serves: one Resource per group, version and plural name, sub-resources beside it."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyk3s.api.customresources.kind import CustomKind


@dataclass(frozen=True, slots=True)
class SubResource:
    """`pods/log`, `deployments/scale`: its name after the slash and the kind it speaks."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One served resource of one version, as discovery shows it and as the registry stores it."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    definition: str  # name of its type in the schema pack, such as io.k8s.api.core.v1.Pod
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[SubResource, ...] = ()
    storage_prefix: str = ""  # key prefix in upstream's etcd layout, such as /registry/pods/
    storage_version: str = ""  # version in which it is stored, where version or group is another
    storage_group: str = ""  # group in which it is stored; means something only with storage_version
    hash_version: str = ""  # version that upstream's storage hash names, where that is neither
    stored: bool = field(default=True)  # False for reviews and other resources that only answer
    custom: "CustomKind | None" = field(default=None, compare=False, repr=False)  # of custom resources: their kind
    api_version: str = field(init=False, compare=False, repr=False)  # `v1`, `apps/v1`

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_version", f"{self.group}/{self.version}" if self.group else self.version)

    def __hash__(self) -> int:
        """Of what tells nearly all resources apart: a look-up per request must not hash every field."""
        return hash((self.group, self.version, self.plural))

    @property
    def qualified(self) -> str:
        """`pods`, `deployments.apps`: as error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def list_kind(self) -> str:
        return self.custom.list_kind if self.custom else f"{self.kind}List"

    @property
    def stored_as(self) -> tuple[str, str]:
        """Group and version of the stored form."""
        return (self.storage_group, self.storage_version) if self.storage_version else (self.group, self.version)

    @property
    def storage_version_hash(self) -> str:
        """What discovery says of the stored form; empty for what is not stored."""
        if not self.stored:
            return ""
        group, version = self.stored_as
        named = f"{group}/{self.hash_version or version}/{self.kind}"
        return base64.b64encode(hashlib.sha256(named.encode()).digest()[:8]).decode()

    def subresource(self, name: str) -> SubResource | None:
        return next((sub for sub in self.subresources if sub.name == name), None)


class Catalog:
    """Resources by path and by kind. Built-in ones come from schema.builtin, custom ones come and go at run time."""

    def __init__(self, resources: Iterable[Resource]):
        self._by_path = {(each.group, each.version, each.plural): each for each in resources}
        self._by_kind = {(each.group, each.version, each.kind): each for each in self._by_path.values()}
        self._equivalents: dict[Resource, list[Resource]] = {}
        self.changes = 0
        """How often a resource has come or gone."""

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_path.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._by_path.get((group, version, plural))

    def by_kind(self, group: str, version: str, kind: str) -> Resource | None:
        return self._by_kind.get((group, version, kind))

    def equivalents(self, resource: Resource) -> list[Resource]:
        """The other served forms of what is stored in the same place."""
        found = self._equivalents.get(resource)
        if found is None:
            found = self._equivalents[resource] = [
                each
                for each in self._by_path.values()
                if each.storage_prefix == resource.storage_prefix != "" and each != resource
            ]
        return found

    def _changed(self) -> None:
        self._equivalents.clear()
        self.changes += 1

    def add(self, resource: Resource) -> None:
        self._changed()
        self._by_path[(resource.group, resource.version, resource.plural)] = resource
        self._by_kind[(resource.group, resource.version, resource.kind)] = resource

    def remove(self, resource: Resource) -> None:
        self._changed()
        self._by_path.pop((resource.group, resource.version, resource.plural), None)
        self._by_kind.pop((resource.group, resource.version, resource.kind), None)
