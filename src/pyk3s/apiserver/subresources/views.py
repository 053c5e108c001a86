"""Sub-resources that are views of their object: `status`, `scale`, `finalize` and other parts of it."""

from collections.abc import Coroutine
from typing import Any

import msgspec

from pyk3s.api import decoding, fields, status, validation
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import dispatch
from pyk3s.apiserver.handlers import body, get, options, patch, put
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry import updating

JSON = registries.JSON


def status_view(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of `status`: the whole object, of which only the status can be changed."""
    if call.verb == "get":
        return get.get(registry, call)
    strategy = registry.store(call.resource).strategy
    change = updating.Change(
        put.reader(call),
        subresource="status",
        prepare=strategy.prepare_status,
        validate=validation.validate_status_update,
    )
    return _write(registry, call, change)


def finalize(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """PUT of a namespace's `finalize`: its finalizers."""
    strategy = registry.store(call.resource).strategy
    prepare: updating.Prepare = strategy.prepare_finalize  # type: ignore[attr-defined]
    change = updating.Change(
        put.reader(call), subresource="finalize", prepare=prepare, validate=lambda resource, new, old: []
    )
    return _write(registry, call, change)


def _write(
    registry: registries.Registry, call: calls.Call, change: updating.Change
) -> Coroutine[Any, Any, calls.Outcome]:
    if call.verb == "patch":
        return patch.change_by_patch(registry, call, change)
    return put.replace(registry, call, change)


SCALE_VERSION = "autoscaling/v1"
SCALE = decoding.Body("autoscaling", "v1", "Scale", "io.k8s.api.autoscaling.v1.Scale")


def scale(registry: registries.Registry, call: calls.Call) -> dispatch.Answer:
    """GET, PUT and PATCH of `scale`: the number of replicas as an autoscaling/v1 Scale."""
    store = registry.store(call.resource)
    if call.verb == "get":
        entry = store.entry(call.route.namespace, call.route.name)
        return calls.Outcome(200, msgspec.json.encode(scale_of(store.decode(entry))))
    return _change_scale(registry, store, call)


async def _change_scale(registry: registries.Registry, store: stores.ResourceStore, call: calls.Call) -> calls.Outcome:
    patching = call.verb == "patch"
    write = options.write(registry, call, "PatchOptions" if patching else "UpdateOptions")

    def transform(old: JSON) -> JSON:
        shown = scale_of(old)
        wanted = patch.patched_view(registry, store, call, shown) if patching else body.read_other(call, SCALE)
        _check_scale(call, wanted)
        metadata = wanted.get("metadata") or {}
        spec = old.setdefault("spec", {})
        spec["replicas"] = (wanted.get("spec") or {}).get("replicas", 0)
        old["metadata"]["resourceVersion"] = metadata.get("resourceVersion", "")
        if uid := metadata.get("uid"):
            old["metadata"]["uid"] = uid
        return old

    change = updating.Change(transform, subresource="scale", retries=patching)
    updated = await updating.update(registry, store, call.route.namespace, call.route.name, change, write)
    return calls.Outcome(200, msgspec.json.encode(scale_of(msgspec.json.decode(updated.body))))


def _check_scale(call: calls.Call, wanted: JSON) -> None:
    name = (wanted.get("metadata") or {}).get("name", call.route.name)
    if name != call.route.name:
        raise status.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({call.route.name})"
        )
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if isinstance(replicas, int) and replicas < 0:
        error = fields.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise status.invalid("autoscaling", "Scale", name, [error])


def scale_of(obj: JSON) -> JSON:
    """The Scale of a workload."""
    metadata, spec, state = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    shown: JSON = {"replicas": state.get("replicas", 0)}
    if selector := _selector_text(spec.get("selector")):
        shown["selector"] = selector
    replicas = spec.get("replicas", 0)
    return {
        "kind": "Scale",
        "apiVersion": SCALE_VERSION,
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


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
