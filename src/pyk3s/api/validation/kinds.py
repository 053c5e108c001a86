"""Which rules hold for which kind: the name of an object, its creation, its update, the update of its status.

One row per resource in RULES, keyed by API group and plural name, since all versions of a resource share one storage
form. A kind without a row, such as a custom one, gets the rules of metadata alone.

The API server also asks here:
- `unconditional_update`: whether a PUT without resourceVersion overwrites whatever is there;
- `create_on_update`: whether a PUT to a name that does not exist creates it.
"""

from collections.abc import Callable
from typing import NamedTuple

from pyk3s.api import names
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import claims, pod_updates, pods

Create = Callable[[Object, Errors], None]
Update = Callable[[Object, Object, Errors], None]


def nothing_more(value: Object, errors: Errors) -> None:
    """A kind of which only the metadata is checked on creation."""


def nothing_more_on_update(new: Object, old: Object, errors: Errors) -> None:
    """A kind of which only the metadata is checked on update."""


class Rules(NamedTuple):
    """The rules of one resource."""

    create: Create = nothing_more
    update: Update = nothing_more_on_update
    update_status: Update = nothing_more_on_update
    name: names.NameCheck = names.subdomain
    unconditional_update: bool = True
    create_on_update: bool = False
    builtin: bool = True  # False: metadata as custom resources have it


CUSTOM = Rules(unconditional_update=False, builtin=False)

RULES: dict[tuple[str, str], Rules] = {
    ("", "pods"): Rules(pods.create, pod_updates.update, pod_updates.update_status),
    ("", "persistentvolumeclaims"): Rules(claims.create, claims.update, claims.update_status),
}


def rules(group: str, plural: str) -> Rules:
    """The rules of a resource; of custom ones only those of metadata."""
    return RULES.get((group, plural), CUSTOM)
