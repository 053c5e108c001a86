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
from pyk3s.api.validation.apps import daemonsets, deployments, replicas, statefulsets
from pyk3s.api.validation.batch import cronjobs, jobs
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.core import (
    claims,
    configuration,
    endpoints,
    events,
    nodes,
    persistent_volumes,
    pod_updates,
    pods,
    quotas,
    services,
)

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


def create_pod_template(value: Object, errors: Errors) -> None:
    pods.template(value.get("template") or {}, "template", errors)


def update_pod_template(new: Object, old: Object, errors: Errors) -> None:
    create_pod_template(new, errors)


CUSTOM = Rules(unconditional_update=False, builtin=False)

CORE = {
    "configmaps": Rules(configuration.create_config_map, configuration.update_config_map),
    "endpoints": Rules(endpoints.create, endpoints.update, create_on_update=True),
    "events": Rules(events.create, events.update, create_on_update=True),
    "limitranges": Rules(quotas.create_limit_range, quotas.update_limit_range, create_on_update=True),
    "namespaces": Rules(
        nodes.create_namespace, nodes.update_namespace, nodes.update_namespace_status, name=names.label
    ),
    "nodes": Rules(nodes.create, nodes.update, nodes.update_status),
    "persistentvolumeclaims": Rules(claims.create, claims.update, claims.update_status),
    "persistentvolumes": Rules(persistent_volumes.create, persistent_volumes.update, persistent_volumes.update_status),
    "pods": Rules(pods.create, pod_updates.update, pod_updates.update_status),
    "podtemplates": Rules(create_pod_template, update_pod_template),
    "replicationcontrollers": Rules(replicas.create_controller, replicas.update_controller, replicas.update_status),
    "resourcequotas": Rules(quotas.create_quota, quotas.update_quota, quotas.update_quota_status),
    "secrets": Rules(configuration.create_secret, configuration.update_secret),
    "serviceaccounts": Rules(),
    "services": Rules(services.create, services.update, services.update_status, name=names.label),
}
APPS = {
    "controllerrevisions": Rules(daemonsets.create_revision, daemonsets.update_revision),
    "daemonsets": Rules(daemonsets.create, daemonsets.update, daemonsets.update_status),
    "deployments": Rules(deployments.create, deployments.update, deployments.update_status),
    "replicasets": Rules(replicas.create, replicas.update, replicas.update_status),
    "statefulsets": Rules(statefulsets.create, statefulsets.update, statefulsets.update_status),
}
BATCH = {
    "cronjobs": Rules(cronjobs.create, cronjobs.update),
    "jobs": Rules(jobs.create, jobs.update, jobs.update_status),
}
GROUPS: dict[str, dict[str, Rules]] = {
    "": CORE,
    "apps": APPS,
    "batch": BATCH,
}
RULES = {(group, plural): each for group, members in GROUPS.items() for plural, each in members.items()}


def rules(group: str, plural: str) -> Rules:
    """The rules of a resource; of custom ones only those of metadata."""
    return RULES.get((group, plural), CUSTOM)
