"""Sub-resources of pods that act: `binding` and `eviction`."""

import dataclasses
from typing import Any

from pyk3s.api import decoding, selectors, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import creation, deletion, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.apiserver.registry.context import DeleteOptions, Write

JSON = dict[str, Any]
SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
BINDING = decoding.Body("", "v1", "Binding", "io.k8s.api.core.v1.Binding")
EVICTION = decoding.Body("policy", "v1", "Eviction", "io.k8s.api.policy.v1.Eviction")
EVICTED = {"reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}
TOO_MANY_BUDGETS = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    "code": 500,
}  # the answer's own code is 201 all the same
_FINISHED = ("Succeeded", "Failed")


async def bind(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """POST of `pods/NAME/binding`, or of a Binding: assign the pod to a node, once.

    Admission sees the Binding, not the change of the pod; its labels and annotations become the pod's.
    """
    write = options.write(registry, call, "CreateOptions")
    binding = body.read_other(call, BINDING)
    metadata = binding.setdefault("metadata", {})
    creation.settle_namespace(registry.find("", "pods"), metadata, call.route.namespace)
    name = call.route.name or metadata.get("name", "")
    if not name:
        raise status.bad_request("Name parameter required.")
    attributes = _creation(call, name, binding, write)
    await registry.admission.mutate(attributes)
    metadata, target = binding.get("metadata") or {}, binding.get("target") or {}
    if metadata.get("name") != name:
        raise status.bad_request("name in URL does not match name in Binding object")
    _check_target(target)
    await registry.admission.validate(attributes)
    node = target["name"]

    def transform(pod: JSON) -> JSON:
        _check_bindable(pod, metadata)
        pod["spec"]["nodeName"] = node
        for key in ("annotations", "labels"):
            if given := metadata.get(key):
                pod["metadata"][key] = {**(pod["metadata"].get(key) or {}), **given}
        _set_condition(pod, {"type": "PodScheduled", "status": "True"}, write.now)
        return pod

    store = registry.find("", "pods")
    await updating.update(registry, store, call.route.namespace, name, _own_change(transform, "binding"), write)
    return rendering.encoded(201, SUCCESS)


def _creation(call: calls.Call, name: str, obj: JSON, write: Write) -> chain.Attributes:
    """What admission sees of the body of a sub-resource that acts: its creation."""
    return chain.Attributes(
        chain.CREATE, call.resource, call.route.namespace, name, write.user, obj, subresource=call.route.subresource,
        dry_run=write.dry_run, options=write.options, warnings=write.warnings, annotations=write.annotations,
    )  # fmt: skip


def _check_target(target: JSON) -> None:
    errors = []
    if target.get("kind") not in (None, "", "Node"):
        errors.append(f'target.kind: Unsupported value: "{target["kind"]}": supported values: "Node", "<empty>"')
    if not target.get("name"):
        errors.append("target.name: Required value")
    if errors:
        raise status.bare(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")


def _check_bindable(pod: JSON, binding: JSON) -> None:
    name = pod["metadata"]["name"]

    def refuse(why: str) -> status.StatusError:
        return status.conflict("", "pods/binding", name, why)

    if (uid := binding.get("uid")) and uid != pod["metadata"]["uid"]:
        raise refuse(f"Precondition failed: UID in precondition: {uid}, UID in object meta: {pod['metadata']['uid']}")
    revision = binding.get("resourceVersion")
    if revision and revision != pod["metadata"]["resourceVersion"]:
        raise refuse(
            f"Precondition failed: ResourceVersion in precondition: {revision}, "
            f"ResourceVersion in object meta: {pod['metadata']['resourceVersion']}"
        )
    if pod["metadata"].get("deletionTimestamp"):
        raise refuse(f"pod {name} is being deleted, cannot be assigned to a host")
    if node := pod["spec"].get("nodeName"):
        raise refuse(f'pod {name} is already assigned to node "{node}"')
    if pod["spec"].get("schedulingGates"):
        raise refuse(f"pod {name} has non-empty .spec.schedulingGates")


def _set_condition(pod: JSON, made: JSON, now: str) -> None:
    """Put a condition in the place of the one of its type; the time is that of the last change of status."""
    conditions = pod.setdefault("status", {}).setdefault("conditions", [])
    made = {"lastProbeTime": None, "lastTransitionTime": now, **made}
    for index, condition in enumerate(conditions):
        if condition["type"] == made["type"]:
            if condition["status"] == made["status"]:
                made["lastTransitionTime"] = condition.get("lastTransitionTime")
            conditions[index] = made
            return
    conditions.append(made)


async def evict(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """POST of `pods/NAME/eviction`: delete the pod, if no disruption budget objects; 429 if one does."""
    write = options.write(registry, call, "CreateOptions")
    eviction = body.read_other(call, EVICTION)
    store = registry.find("", "pods")
    name, namespace = call.route.name, call.route.namespace
    metadata = eviction.setdefault("metadata", {})
    creation.settle_namespace(store, metadata, namespace)
    if metadata.get("name") != name:
        raise status.bad_request("name in URL does not match name in Eviction object")
    asked = eviction.get("deleteOptions") or {}
    write.dry_run = write.dry_run or bool(asked.get("dryRun"))
    attributes = _creation(call, name, eviction, write)  # the deletion that follows is seen as well
    await registry.admission.mutate(attributes)
    await registry.admission.validate(attributes)
    asked = eviction.get("deleteOptions") or {}
    pod = store.decode(store.entry(namespace, name))
    if not _may_go_anyway(pod):
        budgets = _budgets(registry, namespace, pod)
        if len(budgets) > 1:
            return rendering.encoded(201, TOO_MANY_BUDGETS)
        if budgets:
            await _spend_budget(registry, budgets[0], pod, write)
    wish = options.wish(asked)
    if not write.dry_run:
        await _mark_disrupted(registry, store, namespace, name, wish, write)
        wish = dataclasses.replace(wish, revision="")  # the mark has been made on that revision
    await deletion.delete(registry, store, namespace, name, options=wish, write=write)
    return rendering.encoded(201, SUCCESS)


async def _mark_disrupted(
    registry: registries.Registry,
    store: stores.ResourceStore,
    namespace: str,
    name: str,
    wish: DeleteOptions,
    write: Write,
) -> None:
    """Say on the pod why it goes, so that those who see it go know that it did not fail."""

    def transform(pod: JSON) -> JSON:
        deletion.check_preconditions(store, pod, wish)
        _set_condition(pod, {"type": "DisruptionTarget", "status": "True", **EVICTED}, write.now)
        return pod

    await updating.update(registry, store, namespace, name, _own_change(transform, "status"), write)


def _own_change(transform: updating.Transform, subresource: str, *, admits: bool = False) -> updating.Change:
    """A change that the API itself makes, which belongs to no manager."""
    return updating.Change(
        transform,
        subresource=subresource,
        prepare=lambda new, old, now: None,
        validate=lambda resource, new, old: [],
        owns=False,
        retries=True,
        admits=False,
    )


def _may_go_anyway(pod: JSON) -> bool:
    state = pod.get("status") or {}
    return bool(state.get("phase") in (*_FINISHED, "Pending") or pod["metadata"].get("deletionTimestamp"))


def _is_ready(pod: JSON) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _budgets(registry: registries.Registry, namespace: str, pod: JSON) -> list[JSON]:
    labels = pod["metadata"].get("labels") or {}
    budgets = registry.read_all("policy", "poddisruptionbudgets", namespace=namespace)
    return [budget for budget in budgets if _covers(budget, labels)]


async def _spend_budget(registry: registries.Registry, budget: JSON, pod: JSON, write: Write) -> None:
    """Count the eviction against the pod's disruption budget; raises 429 if that allows none."""
    if not _is_ready(pod) and _tolerates_unready(budget):
        return

    def transform(live: JSON) -> JSON:
        _check_budget(live)
        state = live["status"]
        state["disruptionsAllowed"] -= 1
        if not state["disruptionsAllowed"]:
            _tell_spent(live, write.now)
        state.setdefault("disruptedPods", {})[pod["metadata"]["name"]] = write.now
        return live

    metadata, store = budget["metadata"], registry.find("policy", "poddisruptionbudgets")
    change = _own_change(transform, "status", admits=True)
    await updating.update(registry, store, metadata["namespace"], metadata["name"], change, write)


def _tell_spent(budget: JSON, now: str) -> None:
    state = budget["status"]
    made = {"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": ""}
    if generation := state.get("observedGeneration"):
        made["observedGeneration"] = generation
    conditions = state.setdefault("conditions", [])
    before = next((each for each in conditions if each["type"] == made["type"]), None)
    since = before["lastTransitionTime"] if before and before["status"] == "False" else now
    made["lastTransitionTime"] = since
    if before is None:
        conditions.append(made)
    else:
        before.update(made)


def _tolerates_unready(budget: JSON) -> bool:
    state = budget.get("status") or {}
    policy = (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy")
    return policy == "AlwaysAllow" or (
        state.get("currentHealthy", 0) >= state.get("desiredHealthy", 0) and state.get("desiredHealthy", 0) > 0
    )


def _covers(budget: JSON, labels: dict[str, str]) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    return selector is not None and selectors.from_label_selector(selector).matches(labels)


def _check_budget(budget: JSON) -> None:
    state, metadata = budget.get("status") or {}, budget["metadata"]
    if state.get("observedGeneration", 0) < metadata.get("generation", 0):
        raise _blocked(budget, f"The disruption budget {metadata['name']} is still being processed by the server.", 10)
    if state.get("disruptionsAllowed", 0) <= 0:
        why = (
            f"The disruption budget {metadata['name']} needs {state.get('desiredHealthy', 0)} healthy pods and has "
            f"{state.get('currentHealthy', 0)} currently"
        )
        raise _blocked(budget, why, 0)


def _blocked(budget: JSON, why: str, seconds: int) -> status.StatusError:
    details: JSON = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    if seconds:
        details["retryAfterSeconds"] = seconds
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return status.StatusError(429, "TooManyRequests", message, details)
