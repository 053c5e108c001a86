"""Rules of ReplicaSets and of their predecessor, the ReplicationController."""

from pyk3s.api import fields
from pyk3s.api.validation import checks
from pyk3s.api.validation.apps import workloads
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import pods

COUNTS = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")
WITHIN = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")


def create(replica_set: Object, errors: Errors) -> None:
    spec = replica_set.get("spec") or {}
    checks.not_negative_fields(errors, spec, "spec", "replicas", "minReadySeconds")
    selector = spec.get("selector")
    workloads.required_selector(selector, "spec.selector", errors, "empty selector is invalid for deployment")
    workloads.replicated_template(selector, spec.get("template") or {}, "spec.template", errors)


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
    workloads.same_selector(new, old, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    ready = "cannot be greater than readyReplicas"
    workloads.counts(new.get("status") or {}, errors, all_of=COUNTS, within=WITHIN, ready=ready)


def create_controller(controller: Object, errors: Errors) -> None:
    """A ReplicationController: its selector is a plain map of labels."""
    spec = controller.get("spec") or {}
    checks.not_negative_fields(errors, spec, "spec", "minReadySeconds")
    selector, template = spec.get("selector") or {}, spec.get("template")
    checks.present(errors, selector, "spec.selector")
    if (replicas := spec.get("replicas")) is None:
        errors.append(fields.required("spec.replicas"))
    checks.not_negative(errors, replicas, "spec.replicas")
    if template is None:
        errors.append(fields.required("spec.template"))
        return
    if selector:
        workloads.matching_labels({"matchLabels": selector}, template, "spec.template", errors)
    pods.template(template, "spec.template", errors)
    workloads.always_restarts(template, "spec.template", errors, "ReplicationController")


def update_controller(new: Object, old: Object, errors: Errors) -> None:
    create_controller(new, errors)
