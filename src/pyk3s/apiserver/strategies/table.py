"""Which strategy each resource has. What is not here is the generic kind."""

from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import (
    api_services,
    certificates,
    definitions,
    namespaces,
    nodes,
    pods,
    services,
    volumes,
    workloads,
)
from pyk3s.apiserver.strategies.base import Strategy

_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_EVENT_FIELDS = tuple(Field(f"involvedObject.{name}") for name in _REFERENCE)
_EVENTS = Strategy(
    lazy=True,
    selectable=(
        *_EVENT_FIELDS,
        Field("reason"),
        Field("reportingComponent"),
        Field("source", "source.component"),
        Field("type"),
    ),
    renamed={
        "events.k8s.io/v1": {
            **{f"regarding.{name}": f"involvedObject.{name}" for name in _REFERENCE},
            "reportingController": "reportingComponent",
            **{name: name for name in ("reason", "type", "metadata.name", "metadata.namespace")},
        }
    },
)
_BUDGET: dict[str, object] = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}

ADMISSION = "admissionregistration.k8s.io"
_GENERATION_ONLY = (
    ("", "podtemplates"),
    ("networking.k8s.io", "networkpolicies"),
    ("networking.k8s.io", "ingressclasses"),
    ("discovery.k8s.io", "endpointslices"),
    ("scheduling.k8s.io", "priorityclasses"),
    ("resource.k8s.io", "deviceclasses"),
    (ADMISSION, "validatingwebhookconfigurations"),
    (ADMISSION, "mutatingwebhookconfigurations"),
    (ADMISSION, "validatingadmissionpolicybindings"),
    (ADMISSION, "mutatingadmissionpolicies"),
    (ADMISSION, "mutatingadmissionpolicybindings"),
)


def build(allocations: services.Allocations) -> dict[tuple[str, str], Strategy]:
    """The strategies by group and plural name."""
    generation = Strategy(counts_generation=True)
    return {
        **dict.fromkeys(_GENERATION_ONLY, generation),
        ("", "pods"): pods.Pods(),
        ("", "namespaces"): namespaces.Namespaces(),
        ("", "nodes"): nodes.Nodes(),
        ("", "services"): services.Services(allocations),
        ("", "events"): _EVENTS,
        ("", "secrets"): Strategy(selectable=(Field("type"),)),
        ("", "serviceaccounts"): Strategy(returns_deleted=True),
        ("", "persistentvolumeclaims"): volumes.Claims(),
        ("", "persistentvolumes"): volumes.Volumes(),
        ("", "resourcequotas"): Strategy(empty_status={}, returns_deleted=True),
        ("", "replicationcontrollers"): Strategy(
            counts_generation=True,
            empty_status={"replicas": 0},
            orphans_by_default=True,
            selectable=(Field("status.replicas", default="0"),),
        ),
        ("apps", "deployments"): Strategy(counts_generation=True, empty_status={}, status_keeps_labels=True),
        ("apps", "replicasets"): Strategy(
            counts_generation=True,
            empty_status={"replicas": 0},
            selectable=(Field("status.replicas", default="0"),),
        ),
        ("apps", "statefulsets"): Strategy(
            counts_generation=True, empty_status={"replicas": 0, "availableReplicas": 0}
        ),
        ("apps", "daemonsets"): workloads.DaemonSets(),
        ("batch", "jobs"): workloads.Jobs(),
        ("batch", "cronjobs"): Strategy(counts_generation=True, empty_status={}),
        ("autoscaling", "horizontalpodautoscalers"): Strategy(
            empty_status={"desiredReplicas": 0, "currentMetrics": None}
        ),
        ("policy", "poddisruptionbudgets"): Strategy(counts_generation=True, empty_status=_BUDGET),
        ("networking.k8s.io", "ingresses"): Strategy(counts_generation=True, empty_status={"loadBalancer": {}}),
        ("networking.k8s.io", "servicecidrs"): Strategy(empty_status={}),
        ("storage.k8s.io", "volumeattachments"): Strategy(empty_status={"attached": False}),
        ("storage.k8s.io", "volumeattributesclasses"): Strategy(finalizers=("kubernetes.io/vac-protection",)),
        ("certificates.k8s.io", "certificatesigningrequests"): certificates.Requests(),
        ("coordination.k8s.io", "leases"): Strategy(lazy=True),
        ("flowcontrol.apiserver.k8s.io", "flowschemas"): Strategy(counts_generation=True, empty_status={}),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"): Strategy(
            counts_generation=True, empty_status={}
        ),
        ("resource.k8s.io", "resourceclaims"): Strategy(empty_status={}),
        ("resource.k8s.io", "resourceslices"): Strategy(
            counts_generation=True, selectable=(Field("spec.nodeName"), Field("spec.driver"))
        ),
        (ADMISSION, "validatingadmissionpolicies"): Strategy(counts_generation=True, empty_status={}),
        ("apiregistration.k8s.io", "apiservices"): api_services.ApiServices(),
        ("apiextensions.k8s.io", "customresourcedefinitions"): definitions.Definitions(),
    }
