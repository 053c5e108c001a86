"""Which structs exist in an empty object of a built-in kind.

Kubernetes holds built-in objects in structs, where some fields are structs by value: `spec` of a new Deployment is
there before anything is put in it, so whoever fills it owns what is in it, not `spec` itself. Custom objects start
empty. Beside `metadata`, and `spec` and `status` of a kind, these are the fields held by value on the way down from a
kind, and the lists and texts that are there while empty; maps and pointers end that way. Read off recorded answers and
the API's published types.
"""

from collections.abc import Mapping

_HELD_BY_VALUE: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "apps.v1.DaemonSetSpec": "template updateStrategy",
        "apps.v1.DeploymentSpec": "strategy template",
        "apps.v1.ReplicaSetSpec": "template",
        "apps.v1.StatefulSetSpec": "template updateStrategy",
        "autoscaling.v1.HorizontalPodAutoscalerSpec": "scaleTargetRef",
        "autoscaling.v2.HorizontalPodAutoscalerSpec": "scaleTargetRef",
        "batch.v1.CronJobSpec": "jobTemplate",
        "batch.v1.JobSpec": "template",
        "batch.v1.JobTemplateSpec": "metadata spec",
        "core.v1.Binding": "target",
        "core.v1.Event": "involvedObject reportingComponent reportingInstance source",
        "core.v1.NodeDaemonEndpoints": "kubeletEndpoint",
        "core.v1.NodeStatus": "daemonEndpoints nodeInfo",
        "core.v1.PersistentVolumeClaimSpec": "resources",
        "core.v1.PodSpec": "containers",
        "core.v1.PodTemplate": "template",
        "core.v1.PodTemplateSpec": "metadata spec",
        "core.v1.ServiceStatus": "loadBalancer",
        "events.v1.Event": "deprecatedSource regarding",
        "flowcontrol.v1.FlowSchemaSpec": "priorityLevelConfiguration",
        "networking.v1.IngressStatus": "loadBalancer",
        "networking.v1.NetworkPolicySpec": "podSelector",
        "rbac.v1.ClusterRoleBinding": "roleRef",
        "rbac.v1.RoleBinding": "roleRef",
        "resource.v1.ResourceClaimSpec": "devices",
        "resource.v1.ResourceClaimTemplateSpec": "metadata spec",
        "resource.v1.ResourceSliceSpec": "pool",
        "storage.v1.CSINodeSpec": "drivers",
        "storage.v1.VolumeAttachmentSpec": "source",
        "storagemigration.v1beta1.StorageVersionMigrationSpec": "resource",
        "apiextensions.v1.CustomResourceDefinitionSpec": "names",
        "apiextensions.v1.CustomResourceDefinitionStatus": "acceptedNames",
    }.items()
}
_OF_EVERY_KIND = frozenset({"metadata", "spec", "status"})


def held_by_value(definition: str, *, root: bool) -> frozenset[str]:
    """Names of the fields that exist as soon as their struct does. `definition` is the full name in the schema."""
    group_version_kind = ".".join(definition.rsplit(".", 3)[-3:])
    return _HELD_BY_VALUE.get(group_version_kind, frozenset()) | (_OF_EVERY_KIND if root else frozenset())
