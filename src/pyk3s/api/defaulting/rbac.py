"""Defaults of the rbac.authorization.k8s.io group: API groups of subjects and roles."""

from typing import Any

JSON = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"


def binding(obj: JSON) -> None:
    if not obj["roleRef"].get("apiGroup"):
        obj["roleRef"]["apiGroup"] = GROUP
    for subject in obj.get("subjects", ()):
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", GROUP)


DEFAULTS = {"ClusterRoleBinding": binding, "RoleBinding": binding}
