"""Roles of the single controllers, by the names of their service accounts in kube-system."""

from pyk3s.apiserver.authz.rbac.defaults.notation import (
    EVENTS,
    GROUP,
    JSON,
    READ,
    Row,
    account,
    binding,
    role,
    user,
)  # fmt: skip

PREFIX = "system:controller:"
FINAL = "update"
TABLE: dict[str, tuple[Row, ...]] = {
    "attachdetach-controller": (
        ("list watch", "", "persistentvolumeclaims persistentvolumes"), (READ, "", "nodes"),
        ("patch update", "", "nodes/status"), ("list watch", "", "pods"), EVENTS,
        ("create delete get list patch update watch", "storage.k8s.io", "volumeattachments"),
        (READ, "storage.k8s.io", "csidrivers csinodes"),
    ),
    "certificate-controller": (
        ("delete get list watch", "certificates.k8s.io", "certificatesigningrequests"),
        ("update", "certificates.k8s.io", "certificatesigningrequests/approval certificatesigningrequests/status"),
        ("approve", "certificates.k8s.io", "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
        ("sign", "certificates.k8s.io", "signers",
         "kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet "
         "kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown"),
        ("create", "authorization.k8s.io", "subjectaccessreviews"), EVENTS,
    ),
    "clusterrole-aggregation-controller": (("escalate get list patch update watch", GROUP, "clusterroles"),),
    "cronjob-controller": (
        ("get list update watch", "batch", "cronjobs"), ("create delete get list patch update watch", "batch", "jobs"),
        ("update", "batch", "cronjobs/status"), (FINAL, "batch", "cronjobs/finalizers"),
        ("delete list", "", "pods"), EVENTS,
    ),
    "daemon-set-controller": (
        (READ, "apps extensions", "daemonsets"), ("update", "apps extensions", "daemonsets/status"),
        (FINAL, "apps extensions", "daemonsets/finalizers"), ("list watch", "", "nodes"),
        ("create delete list patch watch", "", "pods"), ("create", "", "pods/binding"),
        ("create delete get list patch update watch", "apps", "controllerrevisions"), EVENTS,
    ),
    "deployment-controller": (
        ("get list update watch", "apps extensions", "deployments"),
        ("update", "apps extensions", "deployments/status"), (FINAL, "apps extensions", "deployments/finalizers"),
        ("create delete get list patch update watch", "apps extensions", "replicasets"),
        ("get list update watch", "", "pods"), EVENTS,
    ),
    "device-taint-eviction-controller": (
        ("delete get list watch", "", "pods"), ("get patch update", "", "pods/status"),
        (READ, "resource.k8s.io", "deviceclasses resourceclaims resourceslices"), EVENTS,
    ),
    "disruption-controller": (
        (READ, "apps extensions", "deployments replicasets"), (READ, "", "replicationcontrollers"),
        (READ, "policy", "poddisruptionbudgets"), (READ, "apps", "statefulsets"),
        ("update", "policy", "poddisruptionbudgets/status"), ("patch update", "", "pods/status"),
        ("list watch", "", "pods"), ("get", "*", "*/scale"), EVENTS,
    ),
    "endpoint-controller": (
        (READ, "", "pods services"), ("create delete get list update", "", "endpoints"),
        ("create", "", "endpoints/restricted"), EVENTS,
    ),
    "endpointslice-controller": (
        (READ, "", "nodes pods services"), (FINAL, "", "services/finalizers"),
        ("create delete get list update", "discovery.k8s.io", "endpointslices"), EVENTS,
    ),
    "endpointslicemirroring-controller": (
        (READ, "", "endpoints services"), (FINAL, "", "endpoints/finalizers services/finalizers"),
        ("create delete get list update", "discovery.k8s.io", "endpointslices"), EVENTS,
    ),
    "ephemeral-volume-controller": (
        (FINAL, "", "pods/finalizers"), (READ, "", "pods"), ("create get list watch", "", "persistentvolumeclaims"),
        EVENTS,
    ),
    "expand-controller": (
        ("get list patch update watch", "", "persistentvolumes"), ("patch update", "", "persistentvolumeclaims/status"),
        (READ, "", "persistentvolumeclaims"), (READ, "storage.k8s.io", "storageclasses"),
        ("get", "", "endpoints services"), ("get", "", "secrets"), EVENTS,
    ),
    "generic-garbage-collector": (("delete get list patch update watch", "*", "*"), EVENTS),
    "horizontal-pod-autoscaler": (
        (READ, "autoscaling", "horizontalpodautoscalers"), ("update", "autoscaling", "horizontalpodautoscalers/status"),
        ("get update", "*", "*/scale"), ("list", "", "pods"), ("list", "metrics.k8s.io", "pods"),
        ("get list", "custom.metrics.k8s.io external.metrics.k8s.io", "*"), EVENTS,
    ),
    "job-controller": (
        ("get list patch update watch", "batch", "jobs"), ("update", "batch", "jobs/status"),
        (FINAL, "batch", "jobs/finalizers"), ("create delete list patch watch", "", "pods"), EVENTS,
    ),
    "kube-apiserver-serving-clustertrustbundle-publisher": (
        ("attest", "certificates.k8s.io", "signers", "kubernetes.io/kube-apiserver-serving"),
        ("create delete list update watch", "certificates.k8s.io", "clustertrustbundles"), EVENTS,
    ),
    "legacy-service-account-token-cleaner": (
        ("get", "", "configmaps", "kube-apiserver-legacy-service-account-token-tracking"),
        ("delete patch", "", "secrets"),
    ),
    "namespace-controller": (
        ("delete get list watch", "", "namespaces"), ("update", "", "namespaces/finalize namespaces/status"),
        ("delete deletecollection get list", "*", "*"),
    ),
    "node-controller": (
        ("delete get list patch update", "", "nodes"), ("patch update", "", "nodes/status"),
        ("patch update", "", "pods/status"), ("delete list", "", "pods"), ("get", "", "pods"), EVENTS,
    ),
    "persistent-volume-binder": (
        ("create delete get list update watch", "", "persistentvolumes"), ("update", "", "persistentvolumes/status"),
        ("get list update watch", "", "persistentvolumeclaims"), ("update", "", "persistentvolumeclaims/status"),
        ("create delete get list watch", "", "pods"), (READ, "storage.k8s.io", "storageclasses"),
        (READ, "", "nodes"), ("create delete get update", "", "endpoints services"), ("get list", "", "secrets"),
        EVENTS,
    ),
    "pod-garbage-collector": (
        ("delete list watch", "", "pods"), ("get list", "", "nodes"), ("patch update", "", "pods/status"),
    ),
    "pv-protection-controller": (("get list update watch", "", "persistentvolumes"), EVENTS),
    "pvc-protection-controller": (
        ("get list update watch", "", "persistentvolumeclaims"), (READ, "", "pods"), EVENTS,
    ),
    "replicaset-controller": (
        ("get list update watch", "apps extensions", "replicasets"),
        ("update", "apps extensions", "replicasets/status"), (FINAL, "apps extensions", "replicasets/finalizers"),
        ("create delete list patch watch", "", "pods"), EVENTS,
    ),
    "replication-controller": (
        ("get list update watch", "", "replicationcontrollers"), ("update", "", "replicationcontrollers/status"),
        (FINAL, "", "replicationcontrollers/finalizers"), ("create delete list patch watch", "", "pods"), EVENTS,
    ),
    "resource-claim-controller": (
        (READ, "", "pods"), (FINAL, "", "pods/finalizers"),
        ("create delete get list watch", "resource.k8s.io", "resourceclaims"),
        ("patch update", "resource.k8s.io", "resourceclaims resourceclaims/status"),
        (READ, "resource.k8s.io", "resourceclaimtemplates"), ("patch update", "", "pods/status"), EVENTS,
    ),
    "resourcequota-controller": (
        ("list watch", "*", "*"), ("update", "", "resourcequotas/status"), EVENTS,
    ),
    "root-ca-cert-publisher": (("create update", "", "configmaps"), EVENTS),
    "route-controller": (("list watch", "", "nodes"), ("patch", "", "nodes/status"), EVENTS),
    "selinux-warning-controller": (
        (READ, "", "persistentvolumeclaims persistentvolumes pods"), (READ, "storage.k8s.io", "csidrivers"), EVENTS,
    ),
    "service-account-controller": (("create", "", "serviceaccounts"), EVENTS),
    "service-cidrs-controller": (
        ("get list patch update watch", "networking.k8s.io", "servicecidrs"),
        ("patch update", "networking.k8s.io", "servicecidrs/finalizers servicecidrs/status"),
        (READ, "networking.k8s.io", "ipaddresses"), EVENTS,
    ),
    "service-controller": (
        (READ, "", "services"), ("patch update", "", "services/status"), ("list watch", "", "nodes"), EVENTS,
    ),
    "statefulset-controller": (
        ("list watch", "", "pods"), (READ, "apps", "statefulsets"), ("update", "apps", "statefulsets/status"),
        (FINAL, "apps", "statefulsets/finalizers"), ("create delete get patch update", "", "pods"),
        ("create delete get list patch update watch", "apps", "controllerrevisions"),
        ("create get", "", "persistentvolumeclaims"), ("delete update", "", "persistentvolumeclaims"), EVENTS,
    ),
    "storage-version-migrator-controller": (
        (READ, "storagemigration.k8s.io", "storageversionmigrations"),
        ("update", "storagemigration.k8s.io", "storageversionmigrations/status"),
        ("get list patch", "*", "*"),
    ),
    "ttl-after-finished-controller": (("delete get list watch", "batch", "jobs"), EVENTS),
    "ttl-controller": (("list patch update watch", "", "nodes"), EVENTS),
    "validatingadmissionpolicy-status-controller": (
        (READ, "admissionregistration.k8s.io", "validatingadmissionpolicies"),
        ("get patch update", "admissionregistration.k8s.io", "validatingadmissionpolicies/status"), EVENTS,
    ),
    "volumeattributesclass-protection-controller": (
        (READ, "", "persistentvolumeclaims persistentvolumes"),
        ("get list update watch", "storage.k8s.io", "volumeattributesclasses"), EVENTS,
    ),
}  # fmt: skip
"""Verbs, groups and resources per controller."""


def roles() -> list[JSON]:
    return [role(PREFIX + name, *rows) for name, rows in TABLE.items()]


def bindings() -> list[JSON]:
    """Every role is bound to its service account, as upstream has it, and to the user that runs them all here."""
    manager = user("system:kube-controller-manager")
    return [binding(PREFIX + name, account(name), manager) for name in TABLE]
