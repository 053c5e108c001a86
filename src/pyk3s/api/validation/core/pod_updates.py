"""What may change in a pod that exists: images, deadlines, tolerations; the rest goes by sub-resource."""

from collections.abc import Collection
from typing import Any

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, differences
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pod_annotations, pods, scheduling

MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
OWN_CONDITIONS = frozenset({"PodScheduled", "Ready", "Initialized"})
NO_MORE_CONTAINERS = "pod updates may not add or remove containers"


def update(new: Object, old: Object, errors: Errors) -> None:
    """PUT or PATCH of the pod itself."""
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    pods.spec(new_spec, "spec", errors)
    new_annotations, old_annotations = (each["metadata"].get("annotations") or {} for each in (new, old))
    pod_annotations.update(new_annotations, old_annotations, new_spec, "metadata.annotations", errors)
    for key in ("containers", "initContainers"):
        if len(new_spec.get(key) or ()) != len(old_spec.get(key) or ()):
            errors.append(fields.forbidden(f"spec.{key}", NO_MORE_CONTAINERS))
            return
    if not _deadline(new_spec, old_spec, errors):
        return
    if new_spec.get("tolerations") != old_spec.get("tolerations"):
        _only_added_tolerations(new_spec.get("tolerations") or [], old_spec.get("tolerations") or [], errors)
    _only_removed_gates(new_spec.get("schedulingGates") or [], old_spec.get("schedulingGates") or [], errors)
    munged = _as_before(new_spec, old_spec, errors)
    if munged != _without_empty(old_spec):
        shown = differences.describe(_without_empty(old_spec), munged)
        errors.append(fields.forbidden("spec", f"{MUTABLE}\n{shown}"))


def _without_empty(value: Any) -> Any:
    """Absent and empty are one to the API: leave out what is empty."""
    if isinstance(value, dict):
        cleaned = ((key, _without_empty(item)) for key, item in value.items())
        return {key: item for key, item in cleaned if item not in (None, "", [])}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def _as_before(new: Object, old: Object, errors: Errors) -> Object:
    """The new spec with everything that may change put back to what it was."""
    munged = dict(new)
    for key in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        munged[key] = old.get(key)
    if (old.get("terminationGracePeriodSeconds") or 0) < 0 and new.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
    for key in ("containers", "initContainers"):
        pairs = zip(new.get(key) or (), old.get(key) or (), strict=True)
        munged[key] = [{**container, "image": before.get("image")} for container, before in pairs]
    if old.get("schedulingGates"):
        _put_back_placement(munged, new, old, errors)
    return _without_empty(munged)  # type: ignore[no-any-return]


def _put_back_placement(munged: Object, new: Object, old: Object, errors: Errors) -> None:
    """While a pod is gated, its node selector may be narrowed and its node affinity set."""
    before, after = old.get("nodeSelector") or {}, new.get("nodeSelector") or {}
    munged["nodeSelector"] = old.get("nodeSelector")
    if any(after.get(key) != value for key, value in before.items()):
        detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        errors.append(fields.invalid("spec.nodeSelector", after, detail))
    affinity_before = dict(old.get("affinity") or {})
    affinity_after = dict(new.get("affinity") or {})
    node_before = affinity_before.pop("nodeAffinity", None)
    affinity_after.pop("nodeAffinity", None)
    if affinity_before == affinity_after and not node_before:
        munged["affinity"] = old.get("affinity")


def _deadline(new: Object, old: Object, errors: Errors) -> bool:
    """It may only come nearer; where it does not, nothing else is looked at."""
    path = "spec.activeDeadlineSeconds"
    after, before = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    if after is None:
        if before is not None:
            errors.append(fields.invalid(path, None, "must not update from a positive integer to nil value"))
        return True
    if not 0 <= after <= checks.MOST_INT32:
        checks.in_range(errors, after, path, 0, checks.MOST_INT32)
        return False
    if before is not None and before < after:
        errors.append(fields.invalid(path, after, "must be less than or equal to previous value"))
        return False
    return True


def _only_added_tolerations(new: list[Object], old: list[Object], errors: Errors) -> None:
    kept = [_timeless(toleration) for toleration in new]
    if any(_timeless(toleration) not in kept for toleration in old):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(fields.forbidden("spec.tolerations", detail))
        return
    scheduling.tolerations(new, "spec.tolerations", errors)


def _timeless(toleration: Object) -> Object:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds" and value}


def _only_removed_gates(new: list[Object], old: list[Object], errors: Errors) -> None:
    known = {gate.get("name") for gate in old}
    for index, gate in enumerate(new):
        if gate.get("name") not in known:
            detail = f"only deletion is allowed, but found new scheduling gate '{gate.get('name', '')}'"
            errors.append(fields.forbidden(f"spec.schedulingGates[{index}].name", detail))


def update_status(new: Object, old: Object, errors: Errors) -> None:
    """A node's report about its pod."""
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    if new_spec.get("nodeName") != old_spec.get("nodeName"):
        errors.append(fields.forbidden("status.nodeName", "may not be changed directly"))
    after, before = new.get("status") or {}, old.get("status") or {}
    if (nominated := after.get("nominatedNodeName")) and nominated != before.get("nominatedNodeName"):
        checks.text(errors, names.subdomain, nominated, "status.nominatedNodeName")
    _conditions(after.get("conditions") or [], errors)
    policy = old_spec.get("restartPolicy", "Always")
    sidecars = {each.get("name") for each in old_spec.get("initContainers") or () if each.get("restartPolicy")}
    _no_restart(after, before, "containerStatuses", policy, errors)
    _no_restart(after, before, "initContainerStatuses", policy, errors, but=sidecars)
    _no_restart(after, before, "ephemeralContainerStatuses", "Never", errors)
    _addresses(after, "podIPs", errors)
    if hosts := after.get("hostIPs"):
        if (first := hosts[0].get("ip", "")) != after.get("hostIP", ""):
            errors.append(fields.invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`"))
        _addresses(after, "hostIPs", errors)


def _conditions(conditions: list[Object], errors: Errors) -> None:
    for index, condition in enumerate(conditions):
        if (kind := condition.get("type", "")) not in OWN_CONDITIONS:
            checks.text(errors, names.qualified_name, kind, f"metadata.conditions[{index}].Type")


def _no_restart(
    after: Object, before: Object, key: str, policy: str, errors: Errors, but: Collection[str | None] = ()
) -> None:
    """A container that ended for good stays ended."""
    if policy == "Always":
        return
    running = {each.get("name") for each in after.get(key) or () if (each.get("state") or {}).get("terminated") is None}
    for index, status in enumerate(before.get(key) or ()):
        ended = (status.get("state") or {}).get("terminated")
        if ended is None or (ended.get("exitCode") and policy == "OnFailure") or status.get("name") in but:
            continue
        if status.get("name") in running:
            detail = "may not be transitioned to non-terminated state"
            errors.append(fields.forbidden(f"status.{key}[{index}].state", detail))


def _addresses(status: Object, key: str, errors: Errors) -> None:
    """The addresses of a pod or its host: one of each family."""
    path = f"status.{key}"
    texts = [address.get("ip", "") for address in status.get(key) or ()]
    for index, text in enumerate(texts):
        checks.valid_ip(errors, text, f"{path}[{index}]")
    families = [known.version for known in map(checks.ip, texts) if known is not None]
    if len(texts) > 1 and sorted(families) != [4, 6]:
        shown = [{"IP": text} for text in texts]
        errors.append(fields.invalid(path, shown, "may specify no more than one IP for each IP family"))
    for index, text in enumerate(texts):
        if text in texts[:index]:
            errors.append(fields.duplicate(f"{path}[{index}]", {"IP": text}))


def update_ephemeral_containers(new: Object, old: Object, errors: Errors) -> None:
    """The `ephemeralcontainers` sub-resource: containers may be added, none changed or removed."""
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    pods.spec(new_spec, "spec", errors)
    after = {container.get("name"): container for container in new_spec.get("ephemeralContainers") or ()}
    for container in old_spec.get("ephemeralContainers") or ():
        name = container.get("name")
        if name not in after:
            detail = f"existing ephemeral containers {fields.shown(name)} may not be removed\n"
            errors.append(fields.forbidden("spec.ephemeralContainers", detail))
        elif _without_empty(after[name]) != _without_empty(container):
            shown = differences.describe(container, after[name])
            detail = f"existing ephemeral containers {fields.shown(name)} may not be changed\n{shown}"
            errors.append(fields.forbidden("spec.ephemeralContainers", detail))
