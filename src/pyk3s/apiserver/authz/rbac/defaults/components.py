"""Roles of the cluster's own components: scheduler, controllers as a whole, kubelets, service proxy, network."""

from pyk3s.apiserver.authz.rbac.defaults.notation import (
    EVENTS,
    JSON,
    READ,
    account,
    binding,
    group,
    role,
    user,
)  # fmt: skip

NODES = (
    ("create", "authentication.k8s.io", "tokenreviews"),
    ("create", "authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews"),
    (READ, "", "services"),
    ("create get list watch", "", "nodes"),
    ("patch update", "", "nodes/status"),
    ("patch update", "", "nodes"),
    EVENTS,
    (READ, "", "pods"),
    ("create delete", "", "pods"),
    ("patch update", "", "pods/status"),
    ("create", "", "pods/eviction"),
    (READ, "", "configmaps secrets"),
    ("get", "", "persistentvolumeclaims persistentvolumes"),
    ("get", "", "endpoints"),
    ("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
    ("create delete get patch update", "coordination.k8s.io", "leases"),
    ("get", "storage.k8s.io", "volumeattachments"),
    ("create", "", "serviceaccounts/token"),
    ("get patch update", "", "persistentvolumeclaims/status"),
    (READ, "storage.k8s.io", "csidrivers"),
    ("create delete get patch update", "storage.k8s.io", "csinodes"),
    (READ, "node.k8s.io", "runtimeclasses"),
    ("get", "resource.k8s.io", "resourceclaims"),
    ("deletecollection", "resource.k8s.io", "resourceslices"),
    ("create delete get list patch update watch", "resource.k8s.io", "resourceslices"),
    (READ, "certificates.k8s.io", "clustertrustbundles"),
)
SCHEDULER = (
    EVENTS,
    ("create", "coordination.k8s.io", "leases"),
    ("get list update watch", "coordination.k8s.io", "leases", "kube-scheduler"),
    (READ, "", "nodes"),
    ("delete get list watch", "", "pods"),
    ("create", "", "bindings pods/binding"),
    ("patch update", "", "pods/status"),
    (READ, "", "replicationcontrollers services"),
    (READ, "apps extensions", "replicasets"),
    (READ, "apps", "statefulsets"),
    (READ, "policy", "poddisruptionbudgets"),
    (READ, "", "persistentvolumeclaims persistentvolumes"),
    ("create", "authentication.k8s.io", "tokenreviews"),
    ("create", "authorization.k8s.io", "subjectaccessreviews"),
    (READ, "storage.k8s.io", "csinodes"),
    (READ, "", "namespaces"),
    (READ, "storage.k8s.io", "csidrivers"),
    (READ, "storage.k8s.io", "csistoragecapacities"),
    (READ, "resource.k8s.io", "deviceclasses"),
    ("get list patch update watch", "resource.k8s.io", "resourceclaims"),
    ("get list patch update watch", "resource.k8s.io", "resourceclaims/status"),
    (READ, "resource.k8s.io", "resourceslices"),
)
CONTROLLER_MANAGER = (
    EVENTS,
    ("create", "coordination.k8s.io", "leases"),
    ("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
    ("create", "", "secrets serviceaccounts"),
    ("delete", "", "secrets"),
    ("get", "", "configmaps namespaces secrets serviceaccounts"),
    ("update", "", "secrets serviceaccounts"),
    ("create", "authentication.k8s.io", "tokenreviews"),
    ("create", "authorization.k8s.io", "subjectaccessreviews"),
    ("list watch", "*", "*"),
    ("create", "", "serviceaccounts/token"),
)
NETWORK = (
    (READ, "", "namespaces nodes pods services"),
    (READ, "discovery.k8s.io", "endpointslices"),
    (READ, "networking.k8s.io", "networkpolicies"),
    ("patch update", "", "nodes nodes/status"),
    EVENTS,
)
"""What pod network and cluster DNS need; K3s gives its own controller the same name."""


def roles() -> list[JSON]:
    return [
        role("system:node", *NODES),
        role(
            "system:node-proxier",
            ("list watch", "", "endpoints services"),
            (READ, "", "nodes"),
            EVENTS,
            ("list watch", "networking.k8s.io", "servicecidrs"),
            ("list watch", "discovery.k8s.io", "endpointslices"),
        ),
        role("system:kube-scheduler", *SCHEDULER),
        role("system:volume-scheduler",
             ("get list patch update watch", "", "persistentvolumes"),
             (READ, "storage.k8s.io", "storageclasses"),
             ("get list patch update watch", "", "persistentvolumeclaims")),
        role("system:kube-controller-manager", *CONTROLLER_MANAGER),
        role("system:k3s-controller", *NETWORK),
        role("system:kube-dns", ("list watch", "", "endpoints services")),
        role("system:kube-aggregator", (READ, "", "endpoints services")),
        role("system:persistent-volume-provisioner",
             ("create delete get list watch", "", "persistentvolumes"),
             ("get list update watch", "", "persistentvolumeclaims"),
             (READ, "storage.k8s.io", "storageclasses"),
             ("watch", "", "events"), EVENTS),
        role("system:node-bootstrapper",
             ("create get list watch", "certificates.k8s.io", "certificatesigningrequests")),
        role("system:node-problem-detector",
             ("get", "", "nodes"), ("patch", "", "nodes/status"), EVENTS),
        *_certificate_roles(),
        *_namespaced_roles(),
    ]  # fmt: skip


def _certificate_roles() -> list[JSON]:
    prefix, group_ = "system:certificates.k8s.io", "certificates.k8s.io"
    requests, signers = "certificatesigningrequests", ("legacy-unknown", "kubelet-serving")
    return [
        role(f"{prefix}:{requests}:nodeclient", ("create", group_, f"{requests}/nodeclient")),
        role(f"{prefix}:{requests}:selfnodeclient", ("create", group_, f"{requests}/selfnodeclient")),
        *(
            role(f"{prefix}:{name}-approver", ("approve", group_, "signers", f"kubernetes.io/{signer}"))
            for name, signer in (
                ("kube-apiserver-client", "kube-apiserver-client"),
                ("kube-apiserver-client-kubelet", "kube-apiserver-client-kubelet"),
                ("kubelet-serving", signers[1]),
                ("legacy-unknown", signers[0]),
            )
        ),
    ]


def _namespaced_roles() -> list[JSON]:
    system = "kube-system"
    leader = ("get update", "", "configmaps")
    return [
        role("extension-apiserver-authentication-reader",
             (READ, "", "configmaps", "extension-apiserver-authentication"), namespace=system),
        role("system::leader-locking-kube-controller-manager",
             ("watch", "", "configmaps"), (*leader, "kube-controller-manager"), namespace=system),
        role("system::leader-locking-kube-scheduler",
             ("watch", "", "configmaps"), (*leader, "kube-scheduler"), namespace=system),
        role("system:controller:bootstrap-signer", (READ, "", "secrets"), namespace=system),
        role("system:controller:cloud-provider", ("create get list update watch", "", "configmaps"), namespace=system),
        role("system:controller:token-cleaner", ("delete get list watch", "", "secrets"), EVENTS, namespace=system),
        role("system:controller:bootstrap-signer",
             (READ, "", "configmaps"), ("update", "", "configmaps", "cluster-info"), EVENTS, namespace="kube-public"),
    ]  # fmt: skip


def bindings() -> list[JSON]:
    manager, scheduler = user("system:kube-controller-manager"), user("system:kube-scheduler")
    system = "kube-system"
    return [
        {**binding("system:node", group("system:nodes")), "subjects": []},
        binding("system:node-proxier", user("system:kube-proxy")),
        binding("system:kube-scheduler", scheduler),
        binding("system:volume-scheduler", scheduler),
        binding("system:kube-controller-manager", manager),
        binding("system:k3s-controller", user("system:k3s-controller")),
        binding("system:kube-dns", account("kube-dns")),
        *(
            binding(role_name, *subjects, name=name, namespace=system, kind="Role")
            for name, role_name, subjects in (
                ("system::extension-apiserver-authentication-reader", "extension-apiserver-authentication-reader",
                 (manager, scheduler)),
                ("", "system::leader-locking-kube-controller-manager", (manager, account("kube-controller-manager"))),
                ("", "system::leader-locking-kube-scheduler", (scheduler, account("kube-scheduler"))),
                ("", "system:controller:bootstrap-signer", (account("bootstrap-signer"),)),
                ("", "system:controller:cloud-provider", (account("cloud-provider"),)),
                ("", "system:controller:token-cleaner", (account("token-cleaner"),)),
            )
        ),
        binding("system:controller:bootstrap-signer", account("bootstrap-signer"),
                namespace="kube-public", kind="Role"),
    ]  # fmt: skip
