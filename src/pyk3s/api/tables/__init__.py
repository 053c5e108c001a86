"""Tables (meta.k8s.io/v1): which columns a kind has, and the cells of one object. Pure; time is a parameter.

One module per group or family holds columns and rows side by side; a kind without a table of its own shows its name and
when it was created. Custom resources bring their own table.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from pyk3s.api import catalog
from pyk3s.api.cells import age
from pyk3s.api.tables import access, autoscaling, core, network, others, pods, storage, workloads
from pyk3s.api.tables.columns import AGE, CREATED_AT, NAME, Column

JSON = dict[str, Any]
Row = Callable[[JSON, float], list[Any]]


class _Table(NamedTuple):
    columns: tuple[Column, ...]
    row: Row


def columns(resource: catalog.Resource) -> list[JSON]:
    """The columnDefinitions of a resource. The list is shared: do not change it."""
    if resource.custom is not None:
        return resource.custom.table.definitions()
    return _definitions(resource.group, resource.version, resource.kind)


def row(resource: catalog.Resource, obj: JSON, now: float) -> list[Any]:
    """The cells of one object at a time in seconds since 1970."""
    if resource.custom is not None:
        return resource.custom.table.row(obj, now)
    return _table(resource.group, resource.version, resource.kind).row(obj, now)


def conditions(resource: catalog.Resource, obj: JSON) -> list[JSON]:
    """The conditions of an object's row; only pods that have ended have one."""
    return pods.conditions(obj) if resource.kind == "Pod" and not resource.group else []


@functools.cache
def _definitions(group: str, version: str, kind: str) -> list[JSON]:
    return [column.definition() for column in _table(group, version, kind).columns]


def _table(group: str, version: str, kind: str) -> _Table:
    return _TABLES.get((group, kind)) or _TABLES.get((f"{group}/{version}", kind)) or _PLAIN


def _name_and_creation(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]


def _name_and_age(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], age(obj, now)]


_PLAIN = _Table((NAME, CREATED_AT), _name_and_creation)
_AGED = _Table((NAME, AGE), _name_and_age)

_ADMISSION, _FLOW = "admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io"
_NETWORKING, _RBAC, _RESOURCE = "networking.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io"
_STORAGE = "storage.k8s.io"

_TABLES: dict[tuple[str, str], _Table] = {
    ("", "ComponentStatus"): _Table(others.COMPONENT, others.component),
    ("", "ConfigMap"): _Table(core.CONFIG_MAP, core.config_map),
    ("", "Endpoints"): _Table(network.ENDPOINTS, network.endpoints),
    ("", "Event"): _Table(core.EVENT, core.event),
    ("", "Namespace"): _Table(core.NAMESPACE, core.namespace),
    ("", "Node"): _Table(core.NODE, core.node),
    ("", "PersistentVolume"): _Table(storage.PERSISTENT_VOLUME, storage.persistent_volume),
    ("", "PersistentVolumeClaim"): _Table(storage.PERSISTENT_VOLUME_CLAIM, storage.persistent_volume_claim),
    ("", "Pod"): _Table(pods.COLUMNS, pods.row),
    ("", "PodTemplate"): _Table(workloads.POD_TEMPLATE, workloads.pod_template),
    ("", "ReplicationController"): _Table(workloads.REPLICATION_CONTROLLER, workloads.replication_controller),
    ("", "ResourceQuota"): _Table(core.RESOURCE_QUOTA, core.resource_quota),
    ("", "Secret"): _Table(core.SECRET, core.secret),
    ("", "Service"): _Table(network.SERVICE, network.service),
    ("", "ServiceAccount"): _AGED,
    (_ADMISSION, "MutatingAdmissionPolicy"): _Table(access.MUTATING_POLICY, access.admission_policy),
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): _Table(access.POLICY_BINDING, access.policy_binding),
    (_ADMISSION, "MutatingWebhookConfiguration"): _Table(access.WEBHOOKS, access.webhooks),
    (_ADMISSION, "ValidatingAdmissionPolicy"): _Table(access.VALIDATING_POLICY, access.admission_policy),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): _Table(access.POLICY_BINDING, access.policy_binding),
    (_ADMISSION, "ValidatingWebhookConfiguration"): _Table(access.WEBHOOKS, access.webhooks),
    ("apiregistration.k8s.io", "APIService"): _Table(access.API_SERVICE, access.api_service),
    ("apps", "ControllerRevision"): _Table(workloads.CONTROLLER_REVISION, workloads.controller_revision),
    ("apps", "DaemonSet"): _Table(workloads.DAEMON_SET, workloads.daemon_set),
    ("apps", "Deployment"): _Table(workloads.DEPLOYMENT, workloads.deployment),
    ("apps", "ReplicaSet"): _Table(workloads.REPLICA_SET, workloads.replica_set),
    ("apps", "StatefulSet"): _Table(workloads.STATEFUL_SET, workloads.stateful_set),
    ("autoscaling/v1", "HorizontalPodAutoscaler"): _Table(autoscaling.columns("v1"), autoscaling.row),
    ("autoscaling/v2", "HorizontalPodAutoscaler"): _Table(autoscaling.columns("v2"), autoscaling.row),
    ("batch", "CronJob"): _Table(workloads.CRON_JOB, workloads.cron_job),
    ("batch", "Job"): _Table(workloads.JOB, workloads.job),
    ("certificates.k8s.io", "CertificateSigningRequest"): _Table(access.SIGNING_REQUEST, access.signing_request),
    ("coordination.k8s.io", "Lease"): _Table(others.LEASE, others.lease),
    ("discovery.k8s.io", "EndpointSlice"): _Table(network.ENDPOINT_SLICE, network.endpoint_slice),
    ("events.k8s.io", "Event"): _Table(core.EVENT, core.event),
    (_FLOW, "FlowSchema"): _Table(others.FLOW_SCHEMA, others.flow_schema),
    (_FLOW, "PriorityLevelConfiguration"): _Table(others.PRIORITY_LEVEL, others.priority_level),
    (_NETWORKING, "IPAddress"): _Table(network.IP_ADDRESS, network.ip_address),
    (_NETWORKING, "Ingress"): _Table(network.INGRESS, network.ingress),
    (_NETWORKING, "IngressClass"): _Table(network.INGRESS_CLASS, network.ingress_class),
    (_NETWORKING, "NetworkPolicy"): _Table(network.NETWORK_POLICY, network.network_policy),
    (_NETWORKING, "ServiceCIDR"): _Table(network.SERVICE_CIDR, network.service_cidr),
    ("node.k8s.io", "RuntimeClass"): _Table(others.RUNTIME_CLASS, others.runtime_class),
    ("policy", "PodDisruptionBudget"): _Table(others.DISRUPTION_BUDGET, others.disruption_budget),
    (_RBAC, "ClusterRoleBinding"): _Table(access.CLUSTER_ROLE_BINDING, access.role_binding),
    (_RBAC, "RoleBinding"): _Table(access.ROLE_BINDING, access.role_binding),
    (_RESOURCE, "DeviceClass"): _AGED,
    (_RESOURCE, "ResourceClaim"): _Table(others.RESOURCE_CLAIM, others.resource_claim),
    (_RESOURCE, "ResourceClaimTemplate"): _AGED,
    (_RESOURCE, "ResourceSlice"): _Table(others.RESOURCE_SLICE, others.resource_slice),
    ("scheduling.k8s.io", "PriorityClass"): _Table(others.PRIORITY_CLASS, others.priority_class),
    (_STORAGE, "CSIDriver"): _Table(storage.CSI_DRIVER, storage.csi_driver),
    (_STORAGE, "CSINode"): _Table(storage.CSI_NODE, storage.csi_node),
    (_STORAGE, "StorageClass"): _Table(storage.STORAGE_CLASS, storage.storage_class),
    (_STORAGE, "VolumeAttachment"): _Table(storage.VOLUME_ATTACHMENT, storage.volume_attachment),
    (_STORAGE, "VolumeAttributesClass"): _Table(storage.VOLUME_ATTRIBUTES_CLASS, storage.volume_attributes_class),
}
