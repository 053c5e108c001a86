"""NamespaceLifecycle: nothing is made in a namespace that does not exist or is going, and some namespaces stay."""

from pyk3s.api import catalog, status
from pyk3s.apiserver.admission import chain, lookup
from pyk3s.apiserver.registry import registry as registries

IMMORTAL = frozenset(("default", "kube-system", "kube-public"))


class NamespaceLifecycle(chain.Base):
    """Concerns creations in namespaces, and deletions of namespaces."""

    name = "NamespaceLifecycle"

    def __init__(self, registry: registries.Registry):
        self._phases = lookup.Lookup(registry, "", "namespaces", _phase)

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        if not resource.group and resource.plural == "namespaces":
            return operation == chain.DELETE
        creates = operation == chain.CREATE and subresource != "eviction"  # of what goes anyway
        makes_something = resource.stored or resource.plural == "bindings"  # reviews do not
        return resource.namespaced and creates and makes_something

    def mutate(self, attributes: chain.Attributes) -> None:
        resource = attributes.resource
        if attributes.operation == chain.DELETE:
            if attributes.name in IMMORTAL:
                raise status.forbidden("", resource.plural, attributes.name, "this namespace may not be deleted")
            return
        phase = self._phases.get(attributes.namespace)
        if phase is None:
            raise status.not_found("", "namespaces", attributes.namespace)
        if phase == "Terminating":
            raise _terminating(resource, attributes.name, attributes.namespace)


def _phase(namespace: lookup.JSON) -> str:
    return (namespace.get("status") or {}).get("phase") or ""


def _terminating(resource: catalog.Resource, name: str, namespace: str) -> status.StatusError:
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    error = status.forbidden(resource.group, resource.plural, name, why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    error.details = {**(error.details or {}), "causes": [cause]}
    return error
