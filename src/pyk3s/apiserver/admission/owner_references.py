"""OwnerReferencesPermissionEnforcement: who makes an object go with another must be allowed to delete it, and who makes
the other wait for it must be allowed to hold the other's deletion up.
"""

from collections.abc import Iterator
from typing import Any

from pyk3s.api import catalog
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, pods
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
DELETE_WHY = "cannot set an ownerRef on a resource you can't delete: {}"
BLOCK_WHY = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: {}"
UNKNOWN_WHY = "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion {} Kind {}"


class OwnerReferences(chain.Base):
    """Concerns everything that is written with other owners than before."""

    name = "OwnerReferencesPermissionEnforcement"

    def __init__(self, registry: registries.Registry, authorizer: identity.Authorizer):
        self._registry, self._authorizer = registry, authorizer

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return resource.stored and not subresource and operation in (chain.CREATE, chain.UPDATE)

    def validate(self, attributes: chain.Attributes) -> None:
        new, old = _owners(attributes.object), _owners(attributes.old or {})
        if new == old or identity.MASTERS in attributes.user.groups:
            return
        resource = attributes.resource
        what = resource.group, resource.version, resource.plural
        self._require(attributes, DELETE_WHY, "delete", what, "", (attributes.namespace, attributes.name))
        for owner in _newly_blocking(new, old):
            self._check_owner(attributes, owner)

    def _check_owner(self, attributes: chain.Attributes, owner: JSON) -> None:
        api_version, kind = owner.get("apiVersion", ""), owner.get("kind", "")
        group, _, version = api_version.rpartition("/")
        found = self._registry.catalog.by_kind(group, version, kind)
        if found is None:
            raise pods.refuse(attributes, UNKNOWN_WHY.format(api_version, kind))
        namespace = attributes.namespace if found.namespaced else ""
        what = found.group, found.version, found.plural
        self._require(attributes, BLOCK_WHY, "update", what, "finalizers", (namespace, owner.get("name", "")))

    def _require(
        self,
        attributes: chain.Attributes,
        why: str,
        verb: str,
        what: tuple[str, str, str],
        subresource: str,
        where: tuple[str, str],
    ) -> None:
        decision = self._authorizer.decide(identity.Access(attributes.user, verb, *what, subresource, *where))
        if not decision.allowed:
            raise pods.refuse(attributes, why.format(decision.reason))


def _owners(obj: JSON) -> list[JSON]:
    return (obj.get("metadata") or {}).get("ownerReferences") or []


def _newly_blocking(new: list[JSON], old: list[JSON]) -> Iterator[JSON]:
    """Owners that are to wait for the object and did not have to before."""
    held = {owner.get("uid") for owner in old if owner.get("blockOwnerDeletion")}
    return (owner for owner in new if owner.get("blockOwnerDeletion") and owner.get("uid") not in held)
