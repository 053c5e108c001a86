"""Rules of Leases."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object


def create(lease: Object, errors: Errors) -> None:
    spec = lease.get("spec") or {}
    checks.positive(errors, spec.get("leaseDurationSeconds"), "spec.leaseDurationSeconds")
    checks.not_negative(errors, spec.get("leaseTransitions"), "spec.leaseTransitions")
    if spec.get("holderIdentity") == "":
        errors.append(fields.invalid("spec.holderIdentity", "", "must not be empty"))
    if strategy := spec.get("strategy"):
        checks.text(errors, names.qualified_name, strategy, "spec.strategy")
    if spec.get("preferredHolder") and not spec.get("strategy"):
        detail = "can only be specified when strategy is set"
        errors.append(fields.forbidden("spec.preferredHolder", detail))


def update(new: Object, old: Object, errors: Errors) -> None:
    create(new, errors)
