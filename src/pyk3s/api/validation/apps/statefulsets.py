"""Rules of StatefulSets.

Of their template only what concerns the set is checked; the pod's own rules hold when a pod is made.
"""

from pyk3s.api import fields
from pyk3s.api.validation import checks, internals, metadata
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pod_annotations

CHANGEABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
ONLY_CHANGEABLE = (
    "updates to statefulset spec for fields other than "
    + ", ".join(f"'{key}'" for key in CHANGEABLE[:-1])
    + f" and '{CHANGEABLE[-1]}' are forbidden"
)
RETENTION = ("Retain", "Delete")
COUNTS = (
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "observedGeneration",
    "collisionCount",
    "availableReplicas",
)
WITHIN = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")


def create(stateful_set: Object, errors: Errors) -> None:
    spec = stateful_set.get("spec") or {}
    policy = spec.get("podManagementPolicy")
    if not policy:
        errors.append(fields.required("spec.podManagementPolicy"))
    elif policy not in ("OrderedReady", "Parallel"):
        errors.append(fields.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"))
    _strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy", errors)
    if retention := spec.get("persistentVolumeClaimRetentionPolicy"):
        for key in ("whenDeleted", "whenScaled"):
            at = f"spec.persistentVolumeClaimRetentionPolicy.{key}"
            checks.one_of(errors, retention.get(key), at, RETENTION)
    checks.not_negative_fields(errors, spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    if ordinals := spec.get("ordinals"):
        checks.not_negative_fields(errors, ordinals, "spec.ordinals", "start")
    _template(spec, errors)


def _strategy(strategy: Object, path: str, errors: Errors) -> None:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if not kind:
        errors.append(fields.required(path))
    elif kind == "OnDelete":
        if rolling is not None:
            detail = "only allowed for updateStrategy 'RollingUpdate'"
            shown = internals.view(strategy, internals.STATEFUL_SET_STRATEGY)["RollingUpdate"]
            errors.append(fields.invalid(f"{path}.rollingUpdate", shown, detail))
    elif kind != "RollingUpdate":
        shown = internals.view(strategy, internals.STATEFUL_SET_STRATEGY)
        errors.append(fields.invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'"))
    elif rolling:
        checks.not_negative_fields(errors, rolling, f"{path}.rollingUpdate", "partition")
        if (unavailable := rolling.get("maxUnavailable")) is not None:
            at = f"{path}.rollingUpdate.maxUnavailable"
            checks.count_or_percent(errors, unavailable, at)
            if not checks.number_of(unavailable):
                errors.append(fields.invalid(at, unavailable, "cannot be 0"))
            checks.at_most_hundred_percent(errors, unavailable, at)


def _template(spec: Object, errors: Errors) -> None:
    selector, template, path = spec.get("selector"), spec.get("template") or {}, "spec.template"
    workloads.required_selector(selector, "spec.selector", errors, "empty selector is invalid for statefulset")
    if workloads.selects(selector, "spec.selector", errors, ""):
        workloads.matching_labels(selector, template, path, errors)
        meta = template.get("metadata") or {}
        metadata.labels(meta.get("labels") or {}, f"{path}.labels", errors)
        metadata.annotations(meta.get("annotations") or {}, f"{path}.annotations", errors)
        pod_annotations.create(meta.get("annotations") or {}, template.get("spec") or {}, f"{path}.annotations", errors)
    workloads.always_restarts(template, path, errors, "StatefulSet")


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    fixed = (after.keys() | before.keys()) - set(CHANGEABLE)
    if any((after.get(key) or None) != (before.get(key) or None) for key in fixed):
        errors.append(fields.forbidden("spec", ONLY_CHANGEABLE))
    create(new, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    ready = "cannot be greater than status.readyReplicas"
    workloads.counts(new.get("status") or {}, errors, all_of=COUNTS, within=WITHIN, ready=ready)
    workloads.no_fewer_collisions(new, old, errors)
