"""Sub-resources of pods that act: `binding` and `eviction`."""

from typing import Any

from pyk3s.api import decoding, selectors, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import creation, deletion, updating
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry.context import DeleteOptions, Write

JSON = dict[str, Any]
SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
BINDING = decoding.Body("", "v1", "Binding", "io.k8s.api.core.v1.Binding")
EVICTION = decoding.Body("policy", "v1", "Eviction", "io.k8s.api.policy.v1.Eviction")
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
    attributes = _creation(call, name, binding, write)
    await registry.admission.mutate(attributes)
    metadata, target = binding.get("metadata") or {}, binding.get("target") or {}
    if metadata.get("name", name) != name:
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
        _mark_scheduled(pod, write.now)
        return pod

    change = updating.Change(
        transform,
        subresource="binding",
        prepare=lambda new, old, now: None,
        validate=lambda resource, new, old: [],
        owns=False,
        retries=True,
        admits=False,
    )
    store = registry.find("", "pods")
    await updating.update(registry, store, call.route.namespace, name, change, write)
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


def _mark_scheduled(pod: JSON, now: str) -> None:
    conditions = pod.setdefault("status", {}).setdefault("conditions", [])
    made = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    for index, condition in enumerate(conditions):
        if condition["type"] == "PodScheduled":
            conditions[index] = made
            return
    conditions.append(made)


async def evict(registry: registries.Registry, call: calls.Call) -> calls.Outcome:
    """POST of `pods/NAME/eviction`: delete the pod, if no disruption budget objects; 429 if one does."""
    write = options.write(registry, call, "CreateOptions")
    eviction = body.read_other(call, EVICTION)
    name, namespace = call.route.name, call.route.namespace
    stated = (eviction.get("metadata") or {}).get("name") or name
    if stated != name:
        raise status.bad_request("name in URL does not match name in Eviction object")
    store = registry.find("", "pods")
    pod = store.decode(store.entry(namespace, name))
    asked = eviction.get("deleteOptions") or {}
    write.dry_run = write.dry_run or bool(asked.get("dryRun"))
    attributes = _creation(call, name, eviction, write)  # the deletion that follows is seen as well
    await registry.admission.mutate(attributes)
    await registry.admission.validate(attributes)
    asked = eviction.get("deleteOptions") or {}
    if not _may_go_anyway(pod):
        await _spend_budget(registry, namespace, pod, write)
    preconditions = asked.get("preconditions") or {}
    wish = DeleteOptions(
        grace=asked.get("gracePeriodSeconds"),
        propagation=asked.get("propagationPolicy") or "",
        uid=preconditions.get("uid") or "",
        revision=preconditions.get("resourceVersion") or "",
    )
    await deletion.delete(registry, store, namespace, name, options=wish, write=write)
    return rendering.encoded(201, SUCCESS)


def _may_go_anyway(pod: JSON) -> bool:
    state = pod.get("status") or {}
    return bool(state.get("phase") in (*_FINISHED, "Pending") or pod["metadata"].get("deletionTimestamp"))


def _is_ready(pod: JSON) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


async def _spend_budget(registry: registries.Registry, namespace: str, pod: JSON, write: Write) -> None:
    """Count the eviction against the pod's disruption budget; raises 429 if that allows none."""
    labels = pod["metadata"].get("labels") or {}
    budgets = [
        budget
        for budget in registry.read_all("policy", "poddisruptionbudgets", namespace=namespace)
        if _covers(budget, labels)
    ]
    if not budgets:
        return
    if len(budgets) > 1:
        raise status.internal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    budget = budgets[0]
    name = budget["metadata"]["name"]
    if not _is_ready(pod) and _tolerates_unready(budget):
        return

    def transform(live: JSON) -> JSON:
        _check_budget(live)
        state = live["status"]
        state["disruptionsAllowed"] -= 1
        state.setdefault("disruptedPods", {})[pod["metadata"]["name"]] = write.now
        return live

    change = updating.Change(
        transform,
        subresource="status",
        prepare=lambda new, old, now: None,
        validate=lambda resource, new, old: [],
        owns=False,
        retries=True,
    )
    store = registry.find("policy", "poddisruptionbudgets")
    await updating.update(registry, store, namespace, name, change, write)


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
