"""DefaultIngressClass: an ingress that names no class gets the default one."""

from typing import NamedTuple

from pyk3s.api import catalog
from pyk3s.apiserver.admission import chain, lookup
from pyk3s.apiserver.registry import registry as registries

JSON = lookup.JSON
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"


class Class(NamedTuple):
    """What counts about an ingress class."""

    name: str
    created: str
    is_default: bool


def read(obj: JSON) -> Class:
    metadata = obj["metadata"]
    marked = (metadata.get("annotations") or {}).get(DEFAULT) == "true"
    return Class(metadata["name"], metadata["creationTimestamp"], marked)


class DefaultIngressClass(chain.Base):
    """Concerns new ingresses; of several default classes the newest counts, then the first by name."""

    name = "DefaultIngressClass"

    def __init__(self, registry: registries.Registry):
        self._classes = lookup.Lookup(registry, "networking.k8s.io", "ingressclasses", read)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and resource.plural == "ingresses" and resource.group == "networking.k8s.io"

    def mutate(self, attributes: chain.Attributes) -> None:
        ingress = attributes.object
        spec = ingress.get("spec") or {}
        annotations = ingress["metadata"].get("annotations") or {}
        if spec.get("ingressClassName") is not None or CLASS_ANNOTATION in annotations:
            return
        marked = [each for each in self._classes.all() if each.is_default]  # in order of name
        if marked:
            ingress["spec"] = {**spec, "ingressClassName": max(marked, key=lambda each: each.created).name}
