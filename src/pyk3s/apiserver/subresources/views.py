"""Sub-resources that are views of their object: `status`, `scale`, `finalize` and other parts of it."""

from collections.abc import Coroutine
from typing import Any

import msgspec

from pyk3s.api import catalog, decoding, fields, status, validation
from pyk3s.api.customresources import paths
from pyk3s.api.ownership import scale as owned_scale
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch
from pyk3s.apiserver.handlers import body, get, options, patch, put
from pyk3s.apiserver.registry import context, creation, owning, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.strategies import certificates, namespaces, pods

JSON = registries.JSON


def status_view(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of `status`: the whole object, of which only the status can be changed."""
    if call.verb == "get":
        return get.get(registry, call)
    strategy = registry.store(call.resource).strategy
    change = updating.Change(
        subresource="status",
        prepare=strategy.prepare_status,
        validate=validation.validate_status_update,
    )
    return _write(registry, call, change)


def ephemeral_containers(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of a pod's `ephemeralcontainers`."""
    return _pod_view(registry, call, "ephemeralcontainers")


def resize(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of a pod's `resize`."""
    return _pod_view(registry, call, "resize")


def _pod_view(registry: registries.Registry, call: calls.Call, name: str) -> dispatch.Answer:
    if call.verb == "get":
        return get.get(registry, call)
    strategy = registry.store(call.resource).strategy
    assert isinstance(strategy, pods.Pods)
    change = updating.Change(
        subresource=name,
        prepare=strategy.prepare_resize if name == "resize" else strategy.prepare_ephemeral,
        validate=lambda resource, new, old: validation.validate_subresource_update(resource, name, new, old),
    )
    return _write(registry, call, change)


def approval(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of a certificate request's `approval`: its conditions."""
    if call.verb == "get":
        return get.get(registry, call)
    strategy = registry.store(call.resource).strategy
    assert isinstance(strategy, certificates.Requests)
    change = updating.Change(
        subresource="approval",
        prepare=strategy.prepare_approval,
        validate=lambda resource, new, old: validation.validate_subresource_update(resource, "approval", new, old),
    )
    return _write(registry, call, change)


def finalize(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """PUT of a namespace's `finalize`: its finalizers."""
    strategy = registry.store(call.resource).strategy
    assert isinstance(strategy, namespaces.Namespaces)
    change = updating.Change(
        subresource="finalize",
        prepare=strategy.prepare_finalize,
        validate=lambda resource, new, old: validation.validate_subresource_update(resource, "finalize", new, old),
    )
    return _write(registry, call, change)


def _write(
    registry: registries.Registry, call: calls.Call, change: updating.Change
) -> Coroutine[Any, Any, calls.Outcome]:
    if call.verb == "patch":
        return patch.change_by_patch(registry, call, change)
    return put.replace(registry, call, change)


SCALE_VERSION = "autoscaling/v1"
REPLICAS = ("spec", "replicas")
SCALE = decoding.Body("autoscaling", "v1", "Scale", "io.k8s.api.autoscaling.v1.Scale")


def scale(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of `scale`: the number of replicas as an autoscaling/v1 Scale."""
    store = registry.store(call.resource)
    if call.verb == "get":
        return _read_scale(store, call)
    return _change_scale(registry, store, call)


async def _read_scale(store: stores.ResourceStore, call: calls.Call) -> calls.Outcome:
    entry = await store.readable(store.entry(call.route.namespace, call.route.name))
    obj, custom = store.decode(entry), store.served.custom
    if custom and custom.scale and not paths.find(path := custom.scale["specReplicasPath"], obj):
        raise status.internal(f'the spec replicas field "{path}" does not exist')
    return calls.Outcome(200, msgspec.json.encode(scale_of(obj, store.served)))


async def _change_scale(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> calls.Outcome:
    write = options.write(registry, call, "PatchOptions" if call.verb == "patch" else "UpdateOptions")

    path = (
        paths.simple(custom.scale["specReplicasPath"]) if (custom := store.served.custom) and custom.scale else REPLICAS
    )

    def transform(old: JSON) -> JSON:
        shown = scale_of(old, store.served)
        shown["metadata"]["managedFields"] = owned_scale.of_scale(old, path)
        wanted = _wanted_scale(registry, store, call, shown, write)
        _check_scale(store, call, wanted)
        metadata = wanted["metadata"]
        _set(old, path, (wanted.get("spec") or {}).get("replicas", 0))
        kept = old["metadata"]["resourceVersion"] if store.served.custom else ""
        old["metadata"]["resourceVersion"] = metadata.get("resourceVersion") or kept
        old["metadata"]["uid"] = metadata.get("uid") or old["metadata"]["uid"]
        entries = metadata.get("managedFields") or []
        owned_scale.to_parent(old, entries, api_version=store.served.api_version, path=path)
        return old

    def take(obj: JSON, shown: JSON) -> None:
        replicas = (shown.get("spec") or {}).get("replicas", 0)
        if type(replicas) is not int:
            raise status.bad_request(f"admission has made the Scale unusable: spec.replicas is {replicas!r}")
        _set(obj, path, replicas)

    view = updating.View(lambda obj: scale_of(obj, store.served), take)
    change = updating.Change(transform, subresource="scale", retries=call.verb == "patch", owns=False, view=view)
    updated = await updating.update(registry, store, call.route.namespace, call.route.name, change, write)
    return calls.Outcome(200, msgspec.json.encode(scale_of(msgspec.json.decode(updated.body), store.served)))


def _wanted_scale(
    registry: registries.Registry, store: stores.ResourceStore, call: calls.Call, shown: JSON, write: context.Write
) -> JSON:
    """The Scale that the request asks for, with who owns it noted."""
    type_ = registry.pack.type(SCALE.definition)
    if call.verb == "patch" and patch.content_type(call, store) == patch.APPLY_PATCH:
        return owning.apply_view(type_, shown, patch.applied(call)[0], SCALE_VERSION, write)
    before = msgspec.json.decode(msgspec.json.encode(shown))
    patching = call.verb == "patch"
    wanted = patch.patched_view(registry, store, call, shown, SCALE) if patching else body.read_other(call, SCALE)
    owning.track_view(type_, before, wanted, SCALE_VERSION, write)
    return wanted


def _check_scale(store: stores.ResourceStore, call: calls.Call, wanted: JSON) -> None:
    metadata = wanted.setdefault("metadata", {})
    creation.settle_namespace(store, metadata, call.route.namespace)
    put.check_name(call, wanted)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if isinstance(replicas, int) and replicas < 0 and not store.served.custom:  # custom objects are checked as wholes
        error = fields.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise status.invalid("autoscaling", "Scale", metadata["name"], [error])


def scale_of(obj: JSON, resource: catalog.Resource) -> JSON:
    """The Scale of a workload, or of a custom object whose kind says where its numbers are."""
    metadata = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    if resource.custom and resource.custom.scale:
        replicas, present, selector = _custom_numbers(obj, resource.custom.scale)
    else:
        spec = obj.get("spec") or {}
        replicas, present = spec.get("replicas", 0), (obj.get("status") or {}).get("replicas", 0)
        selector = _selector_text(spec.get("selector"))
    shown: JSON = {"replicas": present}
    if selector:
        shown["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": SCALE_VERSION,
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


def _custom_numbers(obj: JSON, scale: JSON) -> tuple[Any, Any, Any]:
    """Replicas wanted, replicas present, selector as text; what the object does not say is none."""
    wanted = paths.find(scale["specReplicasPath"], obj) or [0]
    present = paths.find(scale["statusReplicasPath"], obj) or [0]
    selector = paths.find(scale["labelSelectorPath"], obj) if scale.get("labelSelectorPath") else []
    return wanted[0], present[0], selector[0] if selector else ""


def _set(obj: JSON, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        obj = obj.setdefault(name, {})
    obj[path[-1]] = value


def _selector_text(selector: JSON | None) -> str:
    """A selector in the text form of the API, terms in order of key."""
    if not selector:
        return ""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    terms += [(each["key"], _expression(each)) for each in selector.get("matchExpressions") or ()]
    return ",".join(text for _, text in sorted(terms))


def _expression(expression: JSON) -> str:
    key, values = expression["key"], ",".join(sorted(expression.get("values") or ()))
    match expression["operator"]:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return str(key)
    return f"!{key}"
