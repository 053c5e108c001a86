"""Validation of every built-in kind: pure functions from objects to the list of what is wrong with them.

Objects are decoded and defaulted before, so that types are right and required enumerations filled in. The reasons,
field paths and messages are those of the Kubernetes API. `kinds.RULES` says which rules belong to which resource;
custom resources get the rules of metadata here, those of their schema elsewhere.
"""

from pyk3s.api.catalog import Resource
from pyk3s.api.fields import FieldError
from pyk3s.api.validation import kinds, metadata
from pyk3s.api.validation.checks import Errors, Object

__all__ = ["validate_create", "validate_status_update", "validate_update"]


def validate_create(resource: Resource, obj: Object) -> list[FieldError]:
    """What is wrong with a new object, its generated name included."""
    errors: Errors = []
    rules = kinds.rules(resource.group, resource.plural)
    metadata.create(
        obj["metadata"],
        "metadata",
        errors,
        namespaced=resource.namespaced,
        name=rules.name,
        builtin=rules.builtin,
    )
    rules.create(obj, errors)
    return errors


def validate_update(resource: Resource, new: Object, old: Object) -> list[FieldError]:
    """What is wrong with replacing `old` by `new`.

    The caller has carried over what a client may leave out: uid, creationTimestamp, and the resourceVersion where the
    kind allows an unconditional update.
    """
    return _updated(resource, new, old, kinds.rules(resource.group, resource.plural).update)


def validate_status_update(resource: Resource, new: Object, old: Object) -> list[FieldError]:
    """The same for the `status` sub-resource."""
    return _updated(resource, new, old, kinds.rules(resource.group, resource.plural).update_status)


def _updated(resource: Resource, new: Object, old: Object, rule: kinds.Update) -> list[FieldError]:
    """Metadata is checked twice, by the generic store and by the kind, and the API reports both."""
    builtin = kinds.rules(resource.group, resource.plural).builtin
    errors: Errors = []
    metadata.update(new["metadata"], old["metadata"], "metadata", errors, builtin=False)
    metadata.update(new["metadata"], old["metadata"], "metadata", errors, builtin=builtin)
    rule(new, old, errors)
    return errors
