"""Projections that every reader of the API shares. Only named fields are decoded; the rest of an object is skipped.

A projection is a `msgspec.Struct` (rename="camel") with a `metadata` field that is at least an Identity.
"""

from typing import Any, Protocol

import msgspec


class Identity(msgspec.Struct, rename="camel", gc=False):
    """The least that an informer needs of an object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""

    @property
    def key(self) -> str:
        """`namespace/name`, or `name` where it is cluster-scoped."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class OwnerReference(msgspec.Struct, rename="camel", gc=False):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class Metadata(Identity, rename="camel"):
    """What most controllers read of an object's metadata."""

    labels: dict[str, str] = {}
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference] = []
    finalizers: list[str] = []

    @property
    def controller(self) -> OwnerReference | None:
        """The one owner that manages this object."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class Described(Metadata, rename="camel"):
    """Metadata with annotations and generation too."""

    annotations: dict[str, str] = {}
    generation: int = 0


class SliceMetadata(Identity, rename="camel"):
    """Metadata of an EndpointSlice."""

    labels: dict[str, str] = {}

    @property
    def service(self) -> str:
        """The key of the Service that the slice belongs to."""
        return f"{self.namespace}/{self.labels.get('kubernetes.io/service-name', '')}"


class Projection(Protocol):
    """What an informer can decode: a Struct with metadata."""

    @property
    def metadata(self) -> Identity: ...


def reference(api_version: str, kind: str, metadata: Identity) -> dict[str, Any]:
    """An ObjectReference to an object, as events carry it."""
    found = {
        "apiVersion": api_version,
        "kind": kind,
        "name": metadata.name,
        "namespace": metadata.namespace,
        "uid": metadata.uid,
        "resourceVersion": metadata.resource_version,
    }
    return {key: value for key, value in found.items() if value}


def controller_reference(api_version: str, kind: str, metadata: Identity) -> dict[str, Any]:
    """The owner reference that an object's managing controller puts on what it makes for it."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": metadata.name,
        "uid": metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
