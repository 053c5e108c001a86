"""Rules of the annotations of pods that Kubernetes itself reads: the cost of deletion, the mark of a mirror pod."""

from pyk3s.api import fields
from pyk3s.api.validation.checks import MOST_INT32, Errors, Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
MIRROR = "kubernetes.io/config.mirror"


def create(annotations: dict[str, str], spec: Object, path: str, errors: Errors) -> None:
    """The annotations of a pod or of a template, beside its spec."""
    mirrored = annotations.get(MIRROR)
    if mirrored is not None and not spec.get("nodeName"):
        detail = "must set spec.nodeName if mirror pod annotation is set"
        errors.append(fields.invalid(f"{path}[{MIRROR}]", mirrored, detail))
    cost = annotations.get(DELETION_COST)
    if cost is not None and not _is_int32(cost):
        errors.append(fields.invalid(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer"))


def update(new: dict[str, str], old: dict[str, str], spec: Object, path: str, errors: Errors) -> None:
    """A pod stays a mirror, or stays none."""
    if new.get(MIRROR) != old.get(MIRROR):
        change = "remove or update" if MIRROR in old else "add"
        errors.append(fields.forbidden(f"{path}[{MIRROR}]", f"may not {change} mirror pod annotation"))
    create(new, spec, path, errors)


def _is_int32(text: str) -> bool:
    """A decimal number without a plus sign or leading zeros."""
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0"))
    return plain and -MOST_INT32 - 1 <= int(text) <= MOST_INT32
