"""Which rules hold for which kind: the name of an object, its creation, its update, the update of its status.

One row per resource in RULES, keyed by API group and plural name, since all versions of a resource share one storage
form. A kind without a row, such as a custom one, gets the rules of metadata alone.

The API server also asks here:
- `unconditional_update`: whether a PUT without resourceVersion overwrites whatever is there;
- `create_on_update`: whether a PUT to a name that does not exist creates it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pyk3s.api import names
from pyk3s.api.validation.admissionregistration import policies, webhooks
from pyk3s.api.validation.apiregistration import services as api_services
from pyk3s.api.validation.apps import daemonsets, deployments, replicas, statefulsets
from pyk3s.api.validation.authorization import reviews
from pyk3s.api.validation.autoscaling import autoscalers
from pyk3s.api.validation.batch import cronjobs, jobs, statuses
from pyk3s.api.validation.certificates import requests
from pyk3s.api.validation.checks import Errors, Object
from pyk3s.api.validation.coordination import leases
from pyk3s.api.validation.core import (
    bindings,
    claims,
    configuration,
    endpoints,
    events,
    nodes,
    persistent_volumes,
    pod_resizes,
    pod_updates,
    pods,
    quotas,
    services,
)
from pyk3s.api.validation.customresources import definitions
from pyk3s.api.validation.flowcontrol import flows
from pyk3s.api.validation.networking import endpointslices, ingresses
from pyk3s.api.validation.networking import policies as network_policies
from pyk3s.api.validation.policy import budgets
from pyk3s.api.validation.rbac import roles
from pyk3s.api.validation.resource import devices
from pyk3s.api.validation.scheduling import classes
from pyk3s.api.validation.storage import classes as storage_classes
from pyk3s.api.validation.storage import csi

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
    named: bool = True  # False: a review, which is answered and not stored, so its metadata is its own affair
    subresources: Mapping[str, Update] = MappingProxyType({})  # updates by other sub-resources than `status`
    builtin: bool = True  # False: metadata as custom resources have it


def create_pod_template(value: Object, errors: Errors) -> None:
    pods.template(value.get("template") or {}, "template", errors)


def update_pod_template(new: Object, old: Object, errors: Errors) -> None:
    create_pod_template(new, errors)


CUSTOM = Rules(unconditional_update=False, builtin=False)

CORE = {
    "configmaps": Rules(configuration.create_config_map, configuration.update_config_map),
    "endpoints": Rules(endpoints.create, endpoints.update, create_on_update=True),
    "events": Rules(events.create, events.update, name=names.path_segment, create_on_update=True),
    "limitranges": Rules(quotas.create_limit_range, quotas.update_limit_range, create_on_update=True),
    "namespaces": Rules(
        nodes.create_namespace,
        update_status=nodes.update_namespace_status,
        name=names.label,
        subresources={"finalize": nodes.finalize_namespace},
    ),
    "nodes": Rules(nodes.create, nodes.update, nodes.update_status),
    "persistentvolumeclaims": Rules(claims.create, claims.update, claims.update_status),
    "persistentvolumes": Rules(persistent_volumes.create, persistent_volumes.update, persistent_volumes.update_status),
    "pods": Rules(
        pods.create,
        pod_updates.update,
        pod_updates.update_status,
        subresources={"ephemeralcontainers": pod_updates.update_ephemeral_containers, "resize": pod_resizes.update},
    ),
    "podtemplates": Rules(create_pod_template, update_pod_template),
    "replicationcontrollers": Rules(replicas.create_controller, replicas.update_controller, replicas.update_status),
    "resourcequotas": Rules(quotas.create_quota, quotas.update_quota, quotas.update_quota_status),
    "secrets": Rules(configuration.create_secret, configuration.update_secret),
    "serviceaccounts": Rules(),
    "services": Rules(
        services.create, services.update, services.update_status, name=names.label, create_on_update=True
    ),
}
APPS = {
    "controllerrevisions": Rules(daemonsets.create_revision, daemonsets.update_revision),
    "daemonsets": Rules(daemonsets.create, daemonsets.update, daemonsets.update_status),
    "deployments": Rules(deployments.create, deployments.update, deployments.update_status),
    "replicasets": Rules(replicas.create, replicas.update, replicas.update_status),
    "statefulsets": Rules(statefulsets.create, statefulsets.update, statefulsets.update_status, name=names.label),
}
BATCH = {
    "cronjobs": Rules(cronjobs.create, cronjobs.update),
    "jobs": Rules(jobs.create, jobs.update, statuses.update),
}
NETWORKING = {
    "ingressclasses": Rules(ingresses.create_class, ingresses.update_class),
    "ingresses": Rules(ingresses.create, ingresses.update, ingresses.update_status),
    "ipaddresses": Rules(
        network_policies.create_ip_address, network_policies.update_ip_address, name=network_policies.ip_address_name
    ),
    "networkpolicies": Rules(network_policies.create, network_policies.update),
    "servicecidrs": Rules(network_policies.create_service_cidr, network_policies.update_service_cidr),
}
STORAGE = {
    "csidrivers": Rules(csi.create_driver, csi.update_driver, name=csi.driver_name, unconditional_update=False),
    "csinodes": Rules(csi.create_node, csi.update_node, unconditional_update=False),
    "csistoragecapacities": Rules(csi.create_capacity, csi.update_capacity, unconditional_update=False),
    "storageclasses": Rules(storage_classes.create, storage_classes.update),
    "volumeattachments": Rules(csi.create_attachment, csi.update_attachment, unconditional_update=False),
    "volumeattributesclasses": Rules(storage_classes.create_attributes, storage_classes.update_attributes),
}
RBAC = {
    "clusterrolebindings": Rules(
        roles.create_cluster_binding, roles.update_cluster_binding, name=names.path_segment, create_on_update=True
    ),
    "clusterroles": Rules(
        roles.create_cluster_role, roles.update_cluster_role, name=names.path_segment, create_on_update=True
    ),
    "rolebindings": Rules(roles.create_binding, roles.update_binding, name=names.path_segment, create_on_update=True),
    "roles": Rules(roles.create_role, roles.update_role, name=names.path_segment, create_on_update=True),
}
ADMISSION = {
    "mutatingadmissionpolicies": Rules(policies.create_mutating, policies.update_mutating, unconditional_update=False),
    "mutatingadmissionpolicybindings": Rules(
        policies.create_mutating_binding, policies.update_mutating_binding, unconditional_update=False
    ),
    "mutatingwebhookconfigurations": Rules(webhooks.create, webhooks.update, unconditional_update=False),
    "validatingadmissionpolicies": Rules(
        policies.create_validating, policies.update_validating, unconditional_update=False
    ),
    "validatingadmissionpolicybindings": Rules(
        policies.create_binding, policies.update_binding, unconditional_update=False
    ),
    "validatingwebhookconfigurations": Rules(webhooks.create, webhooks.update, unconditional_update=False),
}
DEVICES = {
    "deviceclasses": Rules(devices.create_class, devices.update_class),
    "resourceclaims": Rules(devices.create_claim, devices.update_claim),
    "resourceclaimtemplates": Rules(devices.create_template, devices.update_template),
    "resourceslices": Rules(devices.create_slice, devices.update_slice),
}
REVIEWS = {
    "localsubjectaccessreviews": Rules(reviews.local_access, named=False),
    "selfsubjectaccessreviews": Rules(reviews.self_access, named=False),
    "selfsubjectrulesreviews": Rules(named=False),
    "subjectaccessreviews": Rules(reviews.subject_access, named=False),
}
AUTHENTICATION = {"selfsubjectreviews": Rules(named=False), "tokenreviews": Rules(named=False)}
GROUPS: dict[str, dict[str, Rules]] = {
    "": CORE,
    "admissionregistration.k8s.io": ADMISSION,
    "apiextensions.k8s.io": {
        "customresourcedefinitions": Rules(
            definitions.create,
            definitions.update,
            definitions.update_status,
            name=names.path_segment,
            unconditional_update=False,
            builtin=False,
        )
    },
    "apiregistration.k8s.io": {
        "apiservices": Rules(
            api_services.create,
            api_services.update,
            name=names.path_segment,
            unconditional_update=False,
            builtin=False,
        )
    },
    "apps": APPS,
    "authentication.k8s.io": AUTHENTICATION,
    "authorization.k8s.io": REVIEWS,
    "autoscaling": {
        "horizontalpodautoscalers": Rules(autoscalers.create, autoscalers.update, autoscalers.update_status)
    },
    "batch": BATCH,
    "certificates.k8s.io": {
        "certificatesigningrequests": Rules(
            requests.create,
            requests.update,
            requests.update_status,
            name=names.path_segment,
            subresources={"approval": requests.update_approval},
        )
    },
    "coordination.k8s.io": {
        "leases": Rules(leases.create, leases.update, unconditional_update=False, create_on_update=True)
    },
    "discovery.k8s.io": {"endpointslices": Rules(endpointslices.create, endpointslices.update)},
    "events.k8s.io": {"events": Rules(events.create, events.update, create_on_update=True)},
    "flowcontrol.apiserver.k8s.io": {
        "flowschemas": Rules(flows.create_schema, flows.update_schema),
        "prioritylevelconfigurations": Rules(flows.create_level, flows.update_level),
    },
    "networking.k8s.io": NETWORKING,
    "node.k8s.io": {
        "runtimeclasses": Rules(classes.create_runtime, classes.update_runtime, unconditional_update=False)
    },
    "policy": {
        "poddisruptionbudgets": Rules(budgets.create, budgets.update, budgets.update_status, unconditional_update=False)
    },
    "rbac.authorization.k8s.io": RBAC,
    "resource.k8s.io": DEVICES,
    "scheduling.k8s.io": {"priorityclasses": Rules(classes.create_priority, classes.update_priority)},
    "storage.k8s.io": STORAGE,
}
BODIES: dict[str, Create] = {
    "Binding": bindings.binding,
    "Scale": autoscalers.scale,
    "TokenRequest": reviews.token_request,
}
RULES = {(group, plural): each for group, members in GROUPS.items() for plural, each in members.items()}


def rules(group: str, plural: str) -> Rules:
    """The rules of a resource; of custom ones only those of metadata."""
    return RULES.get((group, plural), CUSTOM)
