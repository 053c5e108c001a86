"""Which fields exist in an empty object of a built-in kind.

Kubernetes holds built-in objects in structs, where some fields are structs by value: `spec` of a new Deployment is
there before anything is put in it, so whoever fills it owns what is in it, not `spec` itself. What is there is what the
API prints of an empty object, which `schema.zeros` knows; here it is only said which of that counts. Custom objects
start empty; maps and pointers end the way down from a kind.
"""

from pyk3s.api.schema import zeros
from pyk3s.api.schema.types import Field, Type


def exists_empty(owner: Type, field: Field, *, root: bool) -> bool:
    """Whether a field exists as soon as its struct does; `root` says that the struct is a whole object."""
    kind = field.type.kind
    if zeros.rule(owner.name, field.name, kind, required=field.required, is_resource=root) != "print":
        return False
    # A printed list is null until somebody writes it; one with keys that must not stay empty is never written as such.
    return kind in ("object", "string") or (field.required and field.type.list_type == "map")
