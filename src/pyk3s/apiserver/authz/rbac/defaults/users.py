"""Roles for people and workloads: cluster-admin, admin, edit, view, discovery, delegation."""

from pyk3s.apiserver.authz.rbac.defaults.notation import (
    CORE,
    GROUP,
    JSON,
    READ,
    WRITE,
    aggregated_to,
    aggregating,
    binding,
    group,
    paths,
    role,
    user,
)  # fmt: skip

PUBLIC = "/healthz /livez /readyz /version /version/"
AUTHENTICATED, UNAUTHENTICATED = group("system:authenticated"), group("system:unauthenticated")

VIEWED = (
    (READ, "", "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "
               "replicationcontrollers/scale serviceaccounts services services/status"),
    (READ, "", "bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status "
               "resourcequotas resourcequotas/status"),
    (READ, "", "namespaces"),
    (READ, f"{CORE} events.k8s.io", "events"),
    (READ, "discovery.k8s.io", "endpointslices"),
    (READ, "apps", "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status "
                   "replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale "
                   "statefulsets/status"),
    (READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    (READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
    (READ, "extensions", "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses "
                         "ingresses/status networkpolicies replicasets replicasets/scale replicasets/status "
                         "replicationcontrollers/scale"),
    (READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    (READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
    (READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
)  # fmt: skip
EDITED = (
    (READ, "", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
    ("impersonate", "", "serviceaccounts"),
    (WRITE, "", "pods pods/attach pods/exec pods/portforward pods/proxy"),
    ("create", "", "pods/eviction"),
    (WRITE, "", "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets "
                "serviceaccounts services services/proxy"),
    ("create", "", "serviceaccounts/token"),
    (WRITE, f"{CORE} events.k8s.io", "events"),
    (WRITE, "apps", "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale "
                    "statefulsets statefulsets/scale"),
    (WRITE, "autoscaling", "horizontalpodautoscalers"),
    (WRITE, "batch", "cronjobs jobs"),
    (WRITE, "extensions", "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies "
                          "replicasets replicasets/scale replicationcontrollers/scale"),
    (WRITE, "policy", "poddisruptionbudgets"),
    (WRITE, "networking.k8s.io", "ingresses networkpolicies"),
    (f"{READ} {WRITE}", "coordination.k8s.io", "leases"),
    (WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
)  # fmt: skip


def roles() -> list[JSON]:
    return [
        role("cluster-admin", ("*", "*", "*"), paths("*", "*")),
        aggregating("admin", "admin"),
        aggregating("edit", "edit", labels=aggregated_to("admin")),
        aggregating("view", "view", labels=aggregated_to("edit")),
        role(
            "system:aggregate-to-admin",
            ("create", "authorization.k8s.io", "localsubjectaccessreviews"),
            (f"{READ} {WRITE}", GROUP, "roles rolebindings"),
            labels=aggregated_to("admin"),
        ),
        role("system:aggregate-to-edit", *EDITED, labels=aggregated_to("edit")),
        role("system:aggregate-to-view", *VIEWED, labels=aggregated_to("view")),
        role(
            "system:discovery",
            paths("get", f"{PUBLIC} /api /api/* /apis /apis/* /openapi /openapi/*"),
        ),
        role("system:public-info-viewer", paths("get", PUBLIC)),
        role("system:monitoring", paths("get", "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis "
                                               "/readyz /readyz/* /statusz /flagz")),
        role(
            "system:basic-user",
            ("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
            ("create", "authentication.k8s.io", "selfsubjectreviews"),
        ),
        role(
            "system:auth-delegator",
            ("create", "authentication.k8s.io", "tokenreviews"),
            ("create", "authorization.k8s.io", "subjectaccessreviews"),
        ),
        role("system:service-account-issuer-discovery",
             paths("get", "/.well-known/openid-configuration /.well-known/openid-configuration/ "
                          "/openid/v1/jwks /openid/v1/jwks/")),
        role("system:kubelet-api-admin",
             (READ, "", "nodes"), ("proxy", "", "nodes"),
             ("*", "", "nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats")),
        role("system:heapster", (READ, "", "events namespaces nodes pods"), (READ, "extensions", "deployments")),
    ]  # fmt: skip


def bindings() -> list[JSON]:
    return [
        binding("cluster-admin", group("system:masters")),
        binding("system:monitoring", group("system:monitoring")),
        binding("system:discovery", AUTHENTICATED),
        binding("system:basic-user", AUTHENTICATED),
        binding("system:public-info-viewer", AUTHENTICATED, UNAUTHENTICATED),
        binding("system:service-account-issuer-discovery", group("system:serviceaccounts")),
        binding("system:kubelet-api-admin", user("system:apiserver"), name="kube-apiserver-kubelet-admin"),
    ]
