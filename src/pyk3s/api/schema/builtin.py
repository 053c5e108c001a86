"""The resources that a Kubernetes 1.36 API serves by default, as one table: its order is the order of discovery.

A line that starts with `@` opens a group version; every other line is a resource of it.
Alpha and beta versions are off by default and therefore not here.
"""

from collections.abc import Iterator

from pyk3s.api.catalog import Catalog, Resource, SubResource

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
PROXY_VERBS = ("create", "delete", "get", "patch", "update")

# group version package | plural Kind scope verbs short-names categories sub-resources ("-" is none).
# Scope: N namespaced, C cluster. Verbs: "*" all, "r" the answer of a review (create only).
_TABLE = """
@ - v1 io.k8s.api.core.v1
bindings Binding N r - - -
componentstatuses ComponentStatus C gl cs - -
configmaps ConfigMap N * cm - -
endpoints Endpoints N * ep - -
events Event N * ev - -
limitranges LimitRange N * limits - -
namespaces Namespace C *-deletecollection ns - finalize,status
nodes Node C * no - proxy,status
persistentvolumeclaims PersistentVolumeClaim N * pvc - status
persistentvolumes PersistentVolume C * pv - status
pods Pod N * po all attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status
podtemplates PodTemplate N * - - -
replicationcontrollers ReplicationController N * rc all scale,status
resourcequotas ResourceQuota N * quota - status
secrets Secret N * - - -
serviceaccounts ServiceAccount N * sa - token
services Service N * svc all proxy,status
@ apiregistration.k8s.io v1 io.k8s.kube-aggregator.pkg.apis.apiregistration.v1
apiservices APIService C * - api-extensions status
@ apps v1 io.k8s.api.apps.v1
controllerrevisions ControllerRevision N * - - -
daemonsets DaemonSet N * ds all status
deployments Deployment N * deploy all scale,status
replicasets ReplicaSet N * rs all scale,status
statefulsets StatefulSet N * sts all scale,status
@ events.k8s.io v1 io.k8s.api.events.v1
events Event N * ev - -
@ authentication.k8s.io v1 io.k8s.api.authentication.v1
selfsubjectreviews SelfSubjectReview C r - - -
tokenreviews TokenReview C r - - -
@ authorization.k8s.io v1 io.k8s.api.authorization.v1
localsubjectaccessreviews LocalSubjectAccessReview N r - - -
selfsubjectaccessreviews SelfSubjectAccessReview C r - - -
selfsubjectrulesreviews SelfSubjectRulesReview C r - - -
subjectaccessreviews SubjectAccessReview C r - - -
@ autoscaling v2 io.k8s.api.autoscaling.v2
horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all status
@ autoscaling v1 io.k8s.api.autoscaling.v1
horizontalpodautoscalers HorizontalPodAutoscaler N * hpa all status
@ batch v1 io.k8s.api.batch.v1
cronjobs CronJob N * cj all status
jobs Job N * - all status
@ certificates.k8s.io v1 io.k8s.api.certificates.v1
certificatesigningrequests CertificateSigningRequest C * csr - approval,status
@ networking.k8s.io v1 io.k8s.api.networking.v1
ingressclasses IngressClass C * - - -
ingresses Ingress N * ing - status
ipaddresses IPAddress C * ip - -
networkpolicies NetworkPolicy N * netpol - -
servicecidrs ServiceCIDR C * - - status
@ policy v1 io.k8s.api.policy.v1
poddisruptionbudgets PodDisruptionBudget N * pdb - status
@ rbac.authorization.k8s.io v1 io.k8s.api.rbac.v1
clusterrolebindings ClusterRoleBinding C * - - -
clusterroles ClusterRole C * - - -
rolebindings RoleBinding N * - - -
roles Role N * - - -
@ storage.k8s.io v1 io.k8s.api.storage.v1
csidrivers CSIDriver C * - - -
csinodes CSINode C * - - -
csistoragecapacities CSIStorageCapacity N * - - -
storageclasses StorageClass C * sc - -
volumeattachments VolumeAttachment C * - - status
volumeattributesclasses VolumeAttributesClass C * vac - -
@ admissionregistration.k8s.io v1 io.k8s.api.admissionregistration.v1
mutatingadmissionpolicies MutatingAdmissionPolicy C * - api-extensions -
mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * - api-extensions -
mutatingwebhookconfigurations MutatingWebhookConfiguration C * - api-extensions -
validatingadmissionpolicies ValidatingAdmissionPolicy C * - api-extensions status
validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * - api-extensions -
validatingwebhookconfigurations ValidatingWebhookConfiguration C * - api-extensions -
@ apiextensions.k8s.io v1 io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1
customresourcedefinitions CustomResourceDefinition C * crd,crds api-extensions status
@ scheduling.k8s.io v1 io.k8s.api.scheduling.v1
priorityclasses PriorityClass C * pc - -
@ coordination.k8s.io v1 io.k8s.api.coordination.v1
leases Lease N * - - -
@ node.k8s.io v1 io.k8s.api.node.v1
runtimeclasses RuntimeClass C * - - -
@ discovery.k8s.io v1 io.k8s.api.discovery.v1
endpointslices EndpointSlice N * - - -
@ resource.k8s.io v1 io.k8s.api.resource.v1
deviceclasses DeviceClass C * - - -
resourceclaims ResourceClaim N * - - status
resourceclaimtemplates ResourceClaimTemplate N * - - -
resourceslices ResourceSlice C * - - -
@ flowcontrol.apiserver.k8s.io v1 io.k8s.api.flowcontrol.v1
flowschemas FlowSchema C * - - status
prioritylevelconfigurations PriorityLevelConfiguration C * - - status
"""

_VERBS = {
    "*": ALL_VERBS,
    "*-deletecollection": tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    "gl": ("get", "list"),
    "r": ("create",),
}

# What a sub-resource speaks, where that is not the kind of its resource read and updated: kind, verbs, group, version.
_SUBRESOURCES = {
    "finalize": SubResource("finalize", "", ("update",)),
    "pods/attach": SubResource("attach", "PodAttachOptions", ("create", "get")),
    "pods/binding": SubResource("binding", "Binding", ("create",)),
    "pods/eviction": SubResource("eviction", "Eviction", ("create",), "policy", "v1"),
    "pods/exec": SubResource("exec", "PodExecOptions", ("create", "get")),
    "pods/log": SubResource("log", "Pod", ("get",)),
    "pods/portforward": SubResource("portforward", "PodPortForwardOptions", ("create", "get")),
    "pods/proxy": SubResource("proxy", "PodProxyOptions", PROXY_VERBS),
    "nodes/proxy": SubResource("proxy", "NodeProxyOptions", PROXY_VERBS),
    "services/proxy": SubResource("proxy", "ServiceProxyOptions", PROXY_VERBS),
    "scale": SubResource("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1"),
    "token": SubResource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1"),
}

# Keys in upstream's etcd layout, where they are not /registry/<plural>/.
_PREFIXES = {
    "apiservices": "apiregistration.k8s.io/apiservices",
    "customresourcedefinitions": "apiextensions.k8s.io/customresourcedefinitions",
    "endpoints": "services/endpoints",
    "ingresses": "ingress",
    "nodes": "minions",
    "replicationcontrollers": "controllers",
    "services": "services/specs",
}

# Kept in another group or version than they are served in.
_KEPT_AS = {
    ("autoscaling", "v1", "horizontalpodautoscalers"): ("autoscaling", "v2"),
    ("events.k8s.io", "v1", "events"): ("", "v1"),
}

# Upstream still stores these in beta versions, which shows in discovery only.
_HASH_VERSIONS = {
    "customresourcedefinitions": "v1beta1",
    "mutatingadmissionpolicies": "v1beta1",
    "mutatingadmissionpolicybindings": "v1beta1",
}

# Not kept, although not reviews: one is an action on pods, the other is worked out when asked.
_UNSTORED = frozenset({"bindings", "componentstatuses"})


def catalog() -> Catalog:
    """A new catalogue of the built-in resources; custom ones are added to it at run time."""
    return Catalog(_resources())


def _resources() -> Iterator[Resource]:
    group = version = package = ""
    for line in _TABLE.split("\n"):
        words = line.split()
        if not words:
            continue
        if words[0] == "@":
            group, version, package = words[1].strip("-"), words[2], words[3]
        else:
            yield _resource(group, version, package, words)


def _resource(group: str, version: str, package: str, words: list[str]) -> Resource:
    plural, kind, scope, verbs, short_names, categories, subresources = words
    kept_group, kept_version = _KEPT_AS.get((group, version, plural), ("", ""))
    stored = verbs != "r" and plural not in _UNSTORED
    return Resource(
        group=group,
        version=version,
        plural=plural,
        singular=kind.lower(),
        kind=kind,
        namespaced=scope == "N",
        verbs=_VERBS[verbs],
        definition=f"{package}.{kind}",
        short_names=_listed(short_names),
        categories=_listed(categories),
        subresources=tuple(_subresource(plural, kind, name) for name in _listed(subresources)),
        storage_prefix=f"/registry/{_PREFIXES.get(plural, plural)}/" if stored else "",
        storage_group=kept_group,
        storage_version=kept_version,
        hash_version=_HASH_VERSIONS.get(plural, ""),
        stored=stored,
    )


def _subresource(plural: str, kind: str, name: str) -> SubResource:
    known = _SUBRESOURCES.get(f"{plural}/{name}") or _SUBRESOURCES.get(name)
    if known is None:
        return SubResource(name, kind, ("get", "patch", "update"))
    return known if known.kind else SubResource(name, kind, known.verbs)


def _listed(words: str) -> tuple[str, ...]:
    return () if words == "-" else tuple(words.split(","))
