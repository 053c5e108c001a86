"""Which hooks and policies an operation concerns: rules and selectors, with what has to be looked up for them."""

from pyk3s.api import catalog, selectors, status
from pyk3s.apiserver.admission import chain, matching
from pyk3s.apiserver.registry import registry as registries

JSON = chain.JSON


class Selecting:
    """Matches operations against criteria."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def seen_as(self, criteria: matching.Criteria, attributes: chain.Attributes) -> catalog.Resource | None:
        """The form of the resource in which the operation concerns a hook or policy; None if it does not."""
        resource = attributes.resource
        operation = matching.Operation(
            attributes.operation, resource, attributes.subresource, attributes.namespace, attributes.name
        )
        found = matching.matched_resource(criteria, operation, self._registry.catalog.equivalents(resource))
        return found if found is not None and self.selects(criteria, attributes) else None

    def chooses(self, criteria: matching.Criteria, attributes: chain.Attributes) -> bool:
        """The same for a binding, which without rules speaks of everything that its policy does."""
        if criteria.rules:
            return self.seen_as(criteria, attributes) is not None
        resource = attributes.resource
        operation = matching.Operation(
            attributes.operation, resource, attributes.subresource, attributes.namespace, attributes.name
        )
        return not matching.is_excluded(criteria, operation, [resource]) and self.selects(criteria, attributes)

    def selects(self, criteria: matching.Criteria, attributes: chain.Attributes) -> bool:
        """Whether the selectors choose the object and its namespace."""
        new, old = attributes.object or None, attributes.old
        return matching.selects(criteria.object_selector, new, old) and self._in_namespace(
            criteria.namespace_selector, attributes
        )

    def _in_namespace(self, selector: selectors.LabelSelector, attributes: chain.Attributes) -> bool:
        if selector.empty:
            return True
        is_namespace = matching.is_namespace(attributes.resource)
        if is_namespace and not attributes.subresource and attributes.object:
            return selector.matches(matching.labels(attributes.object) or {})
        namespace = self._read(attributes.name if is_namespace else attributes.namespace)
        return namespace is None or selector.matches(matching.labels(namespace) or {})

    def namespace(self, attributes: chain.Attributes) -> JSON | None:
        """The namespace around the object of an operation, None for one without; raises 404 for a missing one."""
        return None if matching.is_namespace(attributes.resource) else self._read(attributes.namespace)

    def _read(self, name: str) -> JSON | None:
        if not name:
            return None
        namespace = self._registry.read("", "namespaces", name)
        if namespace is None:
            raise status.not_found("", "namespaces", name)
        return namespace


async def in_form(
    registry: registries.Registry, obj: JSON | None, resource: catalog.Resource, seen_as: catalog.Resource
) -> JSON | None:
    """An object of one served form of a resource in another; bodies of sub-resources have one form alone."""
    if obj is None or seen_as is resource or obj.get("kind") not in (None, "", resource.kind):
        return obj
    return await registry.store(seen_as).served_form(obj)
