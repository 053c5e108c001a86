"""The present policies of one kind, each with its bindings: compiled when they change, found by what they are about.

Without policies, or without bindings, a request costs a look at two numbers. With some, those that can concern a
resource are found once and remembered until a policy, a binding or the served resources change.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.policies import compiled
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
GROUP = "admissionregistration.k8s.io"
Key = tuple[str, str, str, str, str]


class Bound(NamedTuple):
    """A policy with its bindings, in order of name."""

    policy: compiled.Policy
    bindings: Sequence[compiled.Binding]


class Policies:
    """The policies of one kind that are bound."""

    def __init__(self, registry: registries.Registry, plural: str):
        self._registry = registry
        self._policies = registry.find(GROUP, plural)
        self._bindings = registry.find(GROUP, plural.removesuffix("policies") + "policybindings")
        self._seen: tuple[int, int, int] | None = None
        self._bound: list[Bound] = []
        self._compiled: dict[tuple[str, int], compiled.Policy] = {}
        self._found: dict[Key, list[Bound]] = {}

    def __bool__(self) -> bool:
        return bool(len(self._bindings.collection) and len(self._policies.collection))

    def concerned(self, attributes: chain.Attributes) -> Sequence[Bound]:
        """Those that can concern an operation, in order of name."""
        present = (
            self._policies.collection.changed_at,
            self._bindings.collection.changed_at,
            self._registry.catalog.changes,
        )
        if present != self._seen:
            self._follow()
            self._seen = present
        resource = attributes.resource
        key = (attributes.operation, resource.group, resource.version, resource.plural, attributes.subresource)
        found = self._found.get(key)
        if found is None:
            forms = [resource, *self._registry.catalog.equivalents(resource)]
            found = self._found[key] = [
                each
                for each in self._bound
                if compiled.may_concern(each.policy, attributes.operation, forms, attributes.subresource)
            ]
        return found

    def _follow(self) -> None:
        bindings: dict[str, list[compiled.Binding]] = {}
        for entry in self._bindings.collection.scan():
            binding = compiled.binding(self._bindings.decode(entry))
            bindings.setdefault(binding.policy, []).append(binding)
        before, self._compiled = self._compiled, {}
        self._bound, self._found = [], {}
        for entry in self._policies.collection.scan():
            if entry.name not in bindings:
                continue
            obj = self._policies.decode(entry)
            key = (obj["metadata"]["uid"], obj["metadata"].get("generation", 0))
            policy = self._compiled[key] = before.get(key) or compiled.policy(obj)
            self._bound.append(Bound(policy, bindings[entry.name]))
