"""Rules of Bindings: a pod goes to a node."""

from pyk3s.api import fields
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object


def binding(value: Object, errors: Errors) -> None:
    """The body of the `binding` sub-resource of a pod."""
    target = value.get("target") or {}
    if target.get("kind") not in (None, "", "Node"):
        errors.append(fields.not_supported("target.kind", target["kind"], ["Node", "<empty>"]))
    checks.present(errors, target.get("name"), "target.name")
