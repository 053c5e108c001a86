"""Validation of every built-in kind: pure functions from objects to the list of what is wrong with them.

Objects are decoded and defaulted before, so that types are right and required enumerations filled in. The reasons,
field paths and messages are those of the Kubernetes API. `kinds.RULES` says which rules belong to which resource;
custom resources get the rules of metadata here and bring those of their schema.
"""

from pyk3s.api import fields
from pyk3s.api.catalog import Resource
from pyk3s.api.fields import FieldError
from pyk3s.api.validation import kinds, metadata
from pyk3s.api.validation.checks import Errors, Object

__all__ = [
    "validate_body",
    "validate_create",
    "validate_status_update",
    "validate_subresource_update",
    "validate_update",
]


def validate_create(resource: Resource, obj: Object) -> list[FieldError]:
    """What is wrong with a new object, its generated name included."""
    errors: Errors = []
    rules = kinds.rules(resource.group, resource.plural)
    if rules.named:
        metadata.create(
            obj["metadata"],
            "metadata",
            errors,
            namespaced=resource.namespaced,
            name=rules.name,
            builtin=rules.builtin,
        )
    rules.create(obj, errors)
    if resource.custom is not None:
        errors += resource.custom.validate(obj)
    return errors


def validate_update(resource: Resource, new: Object, old: Object) -> list[FieldError]:
    """What is wrong with replacing `old` by `new`.

    The caller has carried over what a client may leave out (uid, creationTimestamp, generation), and the
    resourceVersion where the kind allows an unconditional update; where it does not, its absence is the only error.
    """
    return _updated(resource, new, old, kinds.rules(resource.group, resource.plural).update)


def validate_status_update(resource: Resource, new: Object, old: Object) -> list[FieldError]:
    """The same for the `status` sub-resource."""
    return _updated(resource, new, old, kinds.rules(resource.group, resource.plural).update_status)


def validate_subresource_update(resource: Resource, name: str, new: Object, old: Object) -> list[FieldError]:
    """The same for another sub-resource that writes to its object: `approval`, `ephemeralcontainers`, `resize`."""
    rules = kinds.rules(resource.group, resource.plural)
    return _updated(resource, new, old, rules.subresources.get(name, kinds.nothing_more_on_update))


def validate_body(kind: str, body: Object) -> list[FieldError]:
    """What is wrong with the body of a sub-resource that is a kind of its own: Scale, TokenRequest, Binding."""
    errors: Errors = []
    if rule := kinds.BODIES.get(kind):
        rule(body, errors)
    return errors


def _updated(resource: Resource, new: Object, old: Object, rule: kinds.Update) -> list[FieldError]:
    """Metadata is checked twice, by the generic store and by the kind, and the API reports both."""
    rules = kinds.rules(resource.group, resource.plural)
    if not new["metadata"].get("resourceVersion") and not rules.unconditional_update:
        return [fields.invalid("metadata.resourceVersion", 0, "must be specified for an update")]
    errors: Errors = []
    metadata.update(new["metadata"], old["metadata"], "metadata", errors, builtin=False)
    metadata.update(new["metadata"], old["metadata"], "metadata", errors, builtin=rules.builtin)
    rule(new, old, errors)
    if resource.custom is not None:
        errors += resource.custom.validate(new, old)
    return errors
