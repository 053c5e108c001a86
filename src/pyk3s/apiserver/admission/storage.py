"""Admission of persistent volume claims: the default storage class, and which of them may grow."""

from collections.abc import Sequence
from typing import NamedTuple

from pyk3s.api import catalog, quantity
from pyk3s.apiserver.admission import chain, lookup, pods
from pyk3s.apiserver.registry import registry as registries

JSON = lookup.JSON
DEFAULT = "storageclass.kubernetes.io/is-default-class"
OLD_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
UNBOUND = "Only bound persistent volume claims can be expanded"
FIXED = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


class Class(NamedTuple):
    """What counts about a storage class."""

    name: str
    created: str
    is_default: bool
    grows: bool


def read(obj: JSON) -> Class:
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    return Class(
        metadata["name"],
        metadata["creationTimestamp"],
        "true" in (annotations.get(DEFAULT), annotations.get(OLD_DEFAULT)),
        bool(obj.get("allowVolumeExpansion")),
    )


def default(classes: Sequence[Class]) -> Class | None:
    """The default class: of several the newest, of equally new ones the first by name."""
    marked = sorted((each for each in classes if each.is_default), key=lambda each: each.name)
    return max(marked, key=lambda each: each.created, default=None)


def is_claims(resource: catalog.Resource) -> bool:
    return resource.plural == "persistentvolumeclaims" and not resource.group


class DefaultStorageClass(chain.Base):
    """A claim that does not say which class it wants gets the default one, if there is one."""

    name = "DefaultStorageClass"

    def __init__(self, registry: registries.Registry):
        self._classes = lookup.Lookup(registry, "storage.k8s.io", "storageclasses", read)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and is_claims(resource) and not subresource

    def mutate(self, attributes: chain.Attributes) -> None:
        claim = attributes.object
        spec = claim["spec"]
        if spec.get("storageClassName") is not None:
            return
        if CLASS_ANNOTATION in (claim["metadata"].get("annotations") or {}):
            return
        if (found := default(self._classes.all())) is not None:
            spec["storageClassName"] = found.name


class ClaimResize(chain.Base):
    """A claim may grow when it is bound and its class allows it."""

    name = "PersistentVolumeClaimResize"

    def __init__(self, registry: registries.Registry):
        self._classes = lookup.Lookup(registry, "storage.k8s.io", "storageclasses", read)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.UPDATE and is_claims(resource) and not subresource

    def validate(self, attributes: chain.Attributes) -> None:
        old = attributes.old or {}
        if _asked(attributes.object) <= _asked(old):
            return
        if (old.get("status") or {}).get("phase") != "Bound":
            raise pods.refuse(attributes, UNBOUND)
        annotations = old["metadata"].get("annotations") or {}
        name = annotations.get(CLASS_ANNOTATION) or old["spec"].get("storageClassName") or ""
        found = self._classes.get(name) if name else None
        if found is None or not found.grows:
            raise pods.refuse(attributes, FIXED)


def _asked(claim: JSON) -> quantity.Quantity:
    requests = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return quantity.of(requests.get("storage", "0"))
