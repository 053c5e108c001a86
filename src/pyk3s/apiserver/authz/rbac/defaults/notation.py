"""How the tables of default roles are written: short words for verbs, resources separated by blanks."""

from typing import Any

JSON = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
CORE = '""'  # the core group, where a group has to be named in a list
LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
ANNOTATIONS = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
READ = "get list watch"
WRITE = "create delete deletecollection patch update"
EVENTS = ("create patch update", f"{CORE} events.k8s.io", "events")

Row = tuple[str, str, str] | tuple[str, str, str, str]
"""Verbs, API groups (none: core), resources, and names of objects if only these are meant."""


def rule(row: Row) -> JSON:
    """A PolicyRule about resources."""
    verbs, groups, resources, *names = row
    made: JSON = {
        "verbs": sorted(verbs.split()),
        "apiGroups": sorted("" if group == CORE else group for group in groups.split() or [CORE]),
        "resources": sorted(resources.split()),
    }
    return made | ({"resourceNames": sorted(names[0].split())} if names else {})


def paths(verbs: str, urls: str) -> JSON:
    """A PolicyRule about plain paths."""
    return {"verbs": sorted(verbs.split()), "nonResourceURLs": sorted(urls.split())}


def role(name: str, *rows: Row | JSON, labels: dict[str, str] | None = None, namespace: str = "") -> JSON:
    """A ClusterRole, or a Role if a namespace is given."""
    made = _made("Role" if namespace else "ClusterRole", name, namespace, labels)
    return made | {"rules": [row if isinstance(row, dict) else rule(row) for row in rows]}


def aggregating(name: str, *selected: str, labels: dict[str, str] | None = None) -> JSON:
    """A ClusterRole made of those that carry one of the labels `aggregate-to-<selected>`."""
    selectors = [{"matchLabels": aggregated_to(each)} for each in selected]
    return _made("ClusterRole", name, "", labels) | {"aggregationRule": {"clusterRoleSelectors": selectors}}


def aggregated_to(name: str) -> dict[str, str]:
    """The label that makes a role part of another."""
    return {f"{GROUP}/aggregate-to-{name}": "true"}


def binding(role_name: str, *subjects: JSON, name: str = "", namespace: str = "", kind: str = "ClusterRole") -> JSON:
    """A ClusterRoleBinding, or a RoleBinding if a namespace is given; named like its role unless it says otherwise."""
    made = _made("RoleBinding" if namespace else "ClusterRoleBinding", name or role_name, namespace, None)
    reference = {"apiGroup": GROUP, "kind": kind, "name": role_name}
    return made | {"subjects": list(subjects), "roleRef": reference}


def user(name: str) -> JSON:
    return {"kind": "User", "apiGroup": GROUP, "name": name}


def group(name: str) -> JSON:
    return {"kind": "Group", "apiGroup": GROUP, "name": name}


def account(name: str) -> JSON:
    return {"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}


def _made(kind: str, name: str, namespace: str, labels: dict[str, str] | None) -> JSON:
    metadata: JSON = {"name": name, "labels": {**LABELS, **(labels or {})}, "annotations": dict(ANNOTATIONS)}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata}
