"""Which function describes a kind, and what it wants beside the object. Modules are imported when they are used."""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from pyk3s.kubectl.describing.writer import Related

JSON = dict[str, Any]
Describe = Callable[[JSON, Related], str]
EVENTS, PODS, SETS, SLICES, QUOTAS, LEASE = "events", "pods", "sets", "slices", "quotas", "lease"
NODE_PODS, CLAIM_PODS, BACKENDS = "pods of node", "pods of claim", "backends"


class Entry(NamedTuple):
    """A module and a function of this folder, and what is wanted."""

    module: str
    function: str
    wants: tuple[str, ...] = (EVENTS,)

    def load(self) -> Describe:
        found: Describe = getattr(importlib.import_module(f"pyk3s.kubectl.describing.{self.module}"), self.function)
        return found


GENERIC = Entry("generic", "describe")
_RBAC = "rbac.authorization.k8s.io"
_ENTRIES = {
    ("", "ConfigMap"): Entry("others", "config_map"),
    ("", "Namespace"): Entry("others", "namespace", (QUOTAS,)),
    ("", "Node"): Entry("nodes", "node", (EVENTS, NODE_PODS, LEASE)),
    ("", "PersistentVolume"): Entry("others", "volume"),
    ("", "PersistentVolumeClaim"): Entry("others", "claim", (EVENTS, CLAIM_PODS)),
    ("", "Pod"): Entry("pods", "pod"),
    ("", "Secret"): Entry("others", "secret", ()),
    ("", "Service"): Entry("network", "service", (EVENTS, SLICES)),
    ("", "ServiceAccount"): Entry("others", "service_account"),
    ("apps", "DaemonSet"): Entry("workloads", "daemon_set", (EVENTS, PODS)),
    ("apps", "Deployment"): Entry("workloads", "deployment", (EVENTS, SETS)),
    ("apps", "ReplicaSet"): Entry("workloads", "replica_set", (EVENTS, PODS)),
    ("apps", "StatefulSet"): Entry("workloads", "stateful_set", (EVENTS, PODS)),
    ("batch", "CronJob"): Entry("workloads", "cron_job"),
    ("batch", "Job"): Entry("workloads", "job"),
    ("networking.k8s.io", "Ingress"): Entry("network", "ingress", (EVENTS, BACKENDS)),
    ("policy", "PodDisruptionBudget"): Entry("others", "disruption_budget"),
    (_RBAC, "ClusterRole"): Entry("others", "role", ()),
    (_RBAC, "ClusterRoleBinding"): Entry("others", "binding", ()),
    (_RBAC, "Role"): Entry("others", "role", ()),
    (_RBAC, "RoleBinding"): Entry("others", "binding", ()),
}


def find(group: str, kind: str) -> Entry:
    """The entry of a kind; every kind has one."""
    return _ENTRIES.get((group, kind), GENERIC)
