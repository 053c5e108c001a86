"""The APIServices of what this server serves itself, with upstream's priorities: they order groups for clients."""

from typing import Any

JSON = dict[str, Any]
GROUP, PLURAL, VERSION = "apiregistration.k8s.io", "apiservices", "apiregistration.k8s.io/v1"
AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged"
CUSTOM_PRIORITY, CUSTOM_VERSION_PRIORITY = 1000, 100
VERSION_PRIORITY = 15
_PRIORITIES = {
    "": 18000,
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "apiextensions.k8s.io": 16700,
    "admissionregistration.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
}
_VERSION_PRIORITIES = {("", "v1"): 1, ("autoscaling", "v2"): 30, ("flowcontrol.apiserver.k8s.io", "v1"): 21}


def name(group: str, version: str) -> str:
    """The name of the APIService of a group version: `v1.`, `v1.apps`."""
    return f"{version}.{group}"


def priority(group: str) -> int:
    """Where a group of this server stands among all groups; higher comes first."""
    return 20000 if group == GROUP else _PRIORITIES.get(group, CUSTOM_PRIORITY)


def api_service(group: str, version: str, *, custom: bool) -> JSON:
    """The object that says that this server itself serves a group version."""
    spec: JSON = {
        "version": version,
        "groupPriorityMinimum": priority(group),
        "versionPriority": CUSTOM_VERSION_PRIORITY
        if custom
        else _VERSION_PRIORITIES.get((group, version), VERSION_PRIORITY),
    }
    if group:
        spec["group"] = group
    labels = {AUTOMANAGED: "true" if custom else "onstart"}
    return {
        "apiVersion": VERSION,
        "kind": "APIService",
        "metadata": {"name": name(group, version), "labels": labels},
        "spec": spec,
    }
