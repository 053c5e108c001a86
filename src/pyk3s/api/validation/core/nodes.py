"""Rules of Nodes and Namespaces."""

from pyk3s.api import fields, names
from pyk3s.api.validation import checks, internals, metadata
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import resources, scheduling

UNSTANDARD = "name is neither a standard finalizer name nor is it fully qualified"


def create(node: Object, errors: Errors) -> None:
    spec = node.get("spec") or {}
    if taints := spec.get("taints"):
        _taints(taints, "spec.taints", errors)
    _resources(node, errors)
    networks = spec.get("podCIDRs") or []
    for index, network in enumerate(networks):
        checks.valid_cidr(errors, network, f"spec.podCIDRs[{index}]")
    if len(networks) > 2:
        errors.append(fields.invalid("spec.podCIDRs", networks, "may specify no more than one CIDR for each IP family"))


def _taints(taints: list[Object], path: str, errors: Errors) -> None:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        at, value, effect = f"{path}[{index}]", taint.get("value", ""), taint.get("effect", "")
        checks.text(errors, names.qualified_name, taint.get("key", ""), f"{at}.key")
        if wrong := names.label_value(value):
            errors.append(fields.invalid(f"{at}.value", value, ";".join(wrong)))
        checks.required_one_of(errors, effect, f"{at}.effect", scheduling.TAINT_EFFECTS)
        key = (taint.get("key", ""), effect)
        if key in seen:
            shown = internals.view(taint, internals.TAINT)
            errors.append(fields.duplicate(at, shown, "taints must be unique by key and effect pair"))
        seen.add(key)


def update(new: Object, old: Object, errors: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if before.get("podCIDRs") and after.get("podCIDRs") != before["podCIDRs"]:
        detail = 'node updates may not change podCIDR except from "" to valid'
        errors.append(fields.forbidden("spec.podCIDRs", detail))
    if before.get("providerID") and after.get("providerID") != before["providerID"]:
        detail = 'node updates may not change providerID except from "" to valid'
        errors.append(fields.forbidden("spec.providerID", detail))
    if (after.get("externalID") or "") != (before.get("externalID") or ""):
        errors.append(fields.forbidden("spec.externalID", "may not be updated"))
    if taints := after.get("taints"):
        _taints(taints, "metadata.taints", errors)  # where the API says they are
    update_status(new, old, errors)


def update_status(new: Object, old: Object, errors: Errors) -> None:
    _resources(new, errors)
    addresses = (new.get("status") or {}).get("addresses") or []
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            shown = internals.view(address, internals.NODE_ADDRESS)
            errors.append(fields.duplicate(f"status.addresses[{index}]", shown))


def _resources(node: Object, errors: Errors) -> None:
    status = node.get("status") or {}
    for key in ("capacity", "allocatable"):
        for name, given in (status.get(key) or {}).items():
            resources.amount(errors, name, given, f"status.{key}.{name}")


def create_namespace(namespace: Object, errors: Errors) -> None:
    for finalizer in (namespace.get("spec") or {}).get("finalizers") or ():
        _finalizer(finalizer, "spec.finalizers", errors)


def finalize_namespace(new: Object, old: Object, errors: Errors) -> None:
    """The `finalize` sub-resource."""
    for index, finalizer in enumerate((new.get("spec") or {}).get("finalizers") or ()):
        _finalizer(finalizer, f"spec.finalizers[{index}]", errors)


def _finalizer(finalizer: str, path: str, errors: Errors) -> None:
    checks.text(errors, names.qualified_name, finalizer, path)
    if "/" not in finalizer and finalizer not in metadata.STANDARD_FINALIZERS:
        errors.append(fields.invalid(path, finalizer, UNSTANDARD))


def update_namespace_status(new: Object, old: Object, errors: Errors) -> None:
    phase = (new.get("status") or {}).get("phase")
    leaving = bool(new["metadata"].get("deletionTimestamp"))
    if leaving and phase != "Terminating":
        detail = "may only be 'Terminating' if `deletionTimestamp` is not empty"
        errors.append(fields.invalid("status.Phase", phase, detail))
    if not leaving and phase != "Active":
        errors.append(fields.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty"))
