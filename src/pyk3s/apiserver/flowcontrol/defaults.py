"""The FlowSchemas and PriorityLevelConfigurations of every cluster, with upstream's names and numbers."""

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]
VERSION = "flowcontrol.apiserver.k8s.io/v1"
CATCH_ALL, EXEMPT = "catch-all", "exempt"
_ANNOTATIONS = {"apf.kubernetes.io/autoupdate-spec": "true"}
_EVERYONE = (("Group", "system:unauthenticated"), ("Group", "system:authenticated"))
_MANAGER, _SCHEDULER = ("User", "system:kube-controller-manager"), ("User", "system:kube-scheduler")
_NODES = ("Group", "system:nodes")
_SYSTEM_ACCOUNTS = ("ServiceAccount", "kube-system/*")

# name: shares, lendable percent, (queues, hand size, queue length) or None for refusal at once
_LEVELS: dict[str, tuple[int, int, tuple[int, int, int] | None]] = {
    "system": (30, 33, (64, 6, 50)),
    "node-high": (40, 25, (64, 6, 50)),
    "leader-election": (10, 0, (16, 4, 50)),
    "workload-high": (40, 50, (128, 6, 50)),
    "workload-low": (100, 90, (128, 6, 50)),
    "global-default": (20, 50, (128, 6, 50)),
    CATCH_ALL: (5, 0, None),
}


def objects() -> list[JSON]:
    """All of them, levels first."""
    exempt = {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}}
    levels = [_named("PriorityLevelConfiguration", EXEMPT, exempt)]
    levels += [_named("PriorityLevelConfiguration", name, _limited(*numbers)) for name, numbers in _LEVELS.items()]
    return [*levels, *_schemas()]


def _named(kind: str, name: str, spec: JSON) -> JSON:
    metadata = {"name": name, "annotations": dict(_ANNOTATIONS)}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _limited(shares: int, lendable: int, queuing: tuple[int, int, int] | None) -> JSON:
    response: JSON = {"type": "Reject"}
    if queuing is not None:
        names = ("queues", "handSize", "queueLengthLimit")
        response = {"type": "Queue", "queuing": dict(zip(names, queuing, strict=True))}
    limited = {"nominalConcurrencyShares": shares, "lendablePercent": lendable, "limitResponse": response}
    return {"type": "Limited", "limited": limited}


def _schemas() -> list[JSON]:
    everything = _rule(["*"], ["*"], ["*"]), ["*"]
    leases = _rule(["get", "create", "update"], ["coordination.k8s.io"], ["leases"])
    system_leases = {**leases, "namespaces": ["kube-system"]}
    system_leases.pop("clusterScope")
    endpoints = _rule(["get", "create", "update"], ["", "discovery.k8s.io"], ["endpoints", "endpointslices"])
    nodes = [_rule(["*"], [""], ["nodes", "nodes/status"]), _rule(["*"], ["coordination.k8s.io"], ["leases"])]
    elected = (_MANAGER, _SCHEDULER, _SYSTEM_ACCOUNTS)
    masters = (("Group", "system:masters"),)
    accounts = (("Group", "system:serviceaccounts"),)
    user, namespace = "ByUser", "ByNamespace"
    return [
        _schema(EXEMPT, EXEMPT, 1, "", masters, [everything[0]], everything[1]),
        _schema("probes", EXEMPT, 2, "", _EVERYONE, [], ["/healthz", "/readyz", "/livez"], ["get"]),
        _schema("system-leader-election", "leader-election", 100, user, elected, [system_leases]),
        _schema("endpoint-controller", "workload-high", 150, user, (_MANAGER, _SYSTEM_ACCOUNTS), [endpoints]),
        _schema("workload-leader-election", "leader-election", 200, user, (_SYSTEM_ACCOUNTS,), [leases]),
        _schema("system-node-high", "node-high", 400, user, (_NODES,), nodes),
        _schema("system-nodes", "system", 500, user, (_NODES,), [everything[0]], everything[1]),
        _schema(
            "kube-controller-manager", "workload-high", 800, namespace, (_MANAGER,), [everything[0]], everything[1]
        ),
        _schema("kube-scheduler", "workload-high", 800, namespace, (_SCHEDULER,), [everything[0]], everything[1]),
        _schema(
            "kube-system-service-accounts",
            "workload-high",
            900,
            namespace,
            (_SYSTEM_ACCOUNTS,),
            [everything[0]],
            everything[1],
        ),
        _schema("service-accounts", "workload-low", 9000, user, accounts, [everything[0]], everything[1]),
        _schema("global-default", "global-default", 9900, user, _EVERYONE, [everything[0]], everything[1]),
        _schema(CATCH_ALL, CATCH_ALL, 10000, user, _EVERYONE, [everything[0]], everything[1]),
    ]


def _rule(verbs: list[str], groups: list[str], resources: list[str]) -> JSON:
    where = {"clusterScope": True, "namespaces": ["*"]}
    return {"verbs": verbs, "apiGroups": groups, "resources": resources, **where}


def _schema(
    name: str,
    level: str,
    precedence: int,
    distinguisher: str,
    subjects: Sequence[tuple[str, str]],
    resources: list[JSON],
    paths: Sequence[str] = (),
    path_verbs: Sequence[str] = ("*",),
) -> JSON:
    rule: JSON = {"subjects": [_subject(*each) for each in subjects]}
    if resources:
        rule["resourceRules"] = resources
    if paths:
        rule["nonResourceRules"] = [{"verbs": list(path_verbs), "nonResourceURLs": list(paths)}]
    spec: JSON = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [rule],
    }
    if distinguisher:
        spec["distinguisherMethod"] = {"type": distinguisher}
    return _named("FlowSchema", name, spec)


def _subject(kind: str, name: str) -> JSON:
    if kind == "ServiceAccount":
        namespace, _, account = name.partition("/")
        return {"kind": kind, "serviceAccount": {"namespace": namespace, "name": account}}
    return {"kind": kind, kind.lower(): {"name": name}}
