"""The parameters that a binding names for its policy: objects of any kind, built-in or custom."""

from typing import Any

from pyk3s.api import selectors
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.policies import compiled
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores

JSON = dict[str, Any]


class Misconfigured(Exception):
    """Policy and binding do not lead to parameters; the text says why."""


async def find(
    registry: registries.Registry, policy: compiled.Policy, binding: compiled.Binding, attributes: chain.Attributes
) -> list[JSON | None]:
    """The parameters to evaluate a policy with, one after another; None stands for none. Raises Misconfigured."""
    reference = binding.param_ref
    if policy.param_kind is None or reference is None:
        return [None]
    resource = registry.catalog.by_kind(*policy.param_kind)
    if resource is None or not resource.stored:
        group, version, kind = policy.param_kind
        known = f"{group}/{version}, Kind={kind}" if group else f"{version}, Kind={kind}"
        raise Misconfigured(f"paramKind kind `{known}` not known")
    store = registry.store(resource)
    namespace = _namespace(reference, attributes, namespaced=resource.namespaced)
    found = await _read(store, reference, namespace)
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
    return list(found)


def _namespace(reference: JSON, attributes: chain.Attributes, *, namespaced: bool) -> str:
    stated: str = reference.get("namespace") or ""
    if not namespaced:
        if stated:
            raise Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return ""
    namespace = stated or attributes.namespace
    if not namespace:
        raise Misconfigured("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    return namespace


async def _read(store: stores.ResourceStore, reference: JSON, namespace: str) -> list[JSON]:
    if name := reference.get("name"):
        entry = store.collection.get(store.key(namespace, name))
        found = [entry] if entry is not None else []
    else:
        selector = selectors.from_label_selector(reference.get("selector"))
        projection = store.collection.projection
        scanned = store.collection.scan(namespace)
        found = [entry for entry in scanned if selector.matches(entry.facts(projection).labels)]
    return [store.decode(entry) for entry in await store.readable_all(found)]
