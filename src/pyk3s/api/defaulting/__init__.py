"""Defaults of built-in kinds: what the API fills into an object that leaves it out, before admission and validation.

Only values that follow from the object alone: what is allocated, read from the cluster or set by admission is not here.
Each module covers one API group and lists its kinds in DEFAULTS; objects must have been conformed (decoding), so that
absent and zero are one thing where they are one thing upstream.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pyk3s.api import catalog
from pyk3s.api.defaulting import (
    admissionregistration,
    apiextensions,
    apiregistration,
    apps,
    authentication,
    autoscaling,
    batch,
    core,
    discovery,
    flowcontrol,
    networking,
    rbac,
    resource,
    scheduling,
    storage,
)

JSON = dict[str, Any]

_BY_GROUP: Mapping[str, Mapping[str, Callable[[JSON], None]]] = {
    "": core.DEFAULTS,
    "admissionregistration.k8s.io": admissionregistration.DEFAULTS,
    "apiextensions.k8s.io": apiextensions.DEFAULTS,
    "apiregistration.k8s.io": apiregistration.DEFAULTS,
    "apps": apps.DEFAULTS,
    "authentication.k8s.io": authentication.DEFAULTS,
    "autoscaling": autoscaling.DEFAULTS,
    "batch": batch.DEFAULTS,
    "discovery.k8s.io": discovery.DEFAULTS,
    "flowcontrol.apiserver.k8s.io": flowcontrol.DEFAULTS,
    "networking.k8s.io": networking.DEFAULTS,
    "rbac.authorization.k8s.io": rbac.DEFAULTS,
    "resource.k8s.io": resource.DEFAULTS,
    "scheduling.k8s.io": scheduling.DEFAULTS,
    "storage.k8s.io": storage.DEFAULTS,
}


class Kinded(Protocol):
    """A Resource, or a decoding.Body."""

    @property
    def group(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> str: ...


def apply_defaults(resource: Kinded, obj: JSON) -> None:
    """Fill defaults into a conformed object, in place."""
    if isinstance(resource, catalog.Resource) and resource.custom is not None:
        resource.custom.fill(obj)
        return
    kinds = _BY_GROUP.get(resource.group)
    if kinds is None:
        return
    fill = kinds.get(resource.kind) or kinds.get(f"{resource.kind} {resource.version}")
    if fill is not None:
        fill(obj)
