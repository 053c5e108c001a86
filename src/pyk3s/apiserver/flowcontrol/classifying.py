"""Which FlowSchema a request belongs to: the first by precedence whose subjects and rules fit. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.apiserver import identity

JSON = dict[str, Any]
ACCOUNT = "system:serviceaccount:"


class Schema(NamedTuple):
    """A FlowSchema, as classification reads it."""

    name: str
    uid: str
    level: str
    distinguisher: str
    rules: Sequence[JSON]


def schemas(objects: Sequence[JSON]) -> list[Schema]:
    """FlowSchemas in the order in which they are tried."""
    ordered = sorted(objects, key=lambda each: (each["spec"]["matchingPrecedence"], each["metadata"]["name"]))
    return [
        Schema(
            each["metadata"]["name"],
            each["metadata"]["uid"],
            each["spec"]["priorityLevelConfiguration"]["name"],
            (each["spec"].get("distinguisherMethod") or {}).get("type", ""),
            each["spec"].get("rules") or (),
        )
        for each in ordered
    ]


def matches(schema: Schema, access: identity.Access) -> bool:
    """Whether a request falls under a schema."""
    return any(
        any(_is_subject(subject, access.user) for subject in rule.get("subjects") or ()) and _is_covered(rule, access)
        for rule in schema.rules
    )


def flow(schema: Schema, access: identity.Access) -> str:
    """What tells the flows of a schema apart: the user, the namespace, or nothing."""
    if schema.distinguisher == "ByUser":
        return access.user.name
    return access.namespace if schema.distinguisher == "ByNamespace" else ""


def _is_subject(subject: JSON, user: identity.User) -> bool:
    kind = subject["kind"]
    if kind == "ServiceAccount":
        account = subject["serviceAccount"]
        namespace, _, name = user.name.removeprefix(ACCOUNT).partition(":")
        return user.name.startswith(ACCOUNT) and namespace == account["namespace"] and account["name"] in ("*", name)
    wanted = (subject.get(kind.lower()) or {}).get("name")
    return wanted == "*" or (user.name == wanted if kind == "User" else wanted in user.groups)


def _is_covered(rule: JSON, access: identity.Access) -> bool:
    if not access.plural:
        return any(
            _contains(each["verbs"], access.verb) and any(_is_path(url, access.path) for url in each["nonResourceURLs"])
            for each in rule.get("nonResourceRules") or ()
        )
    resource = f"{access.plural}/{access.subresource}" if access.subresource else access.plural
    return any(
        _contains(each["verbs"], access.verb)
        and _contains(each["apiGroups"], access.group)
        and _contains(each["resources"], resource)
        and (
            _contains(each.get("namespaces") or (), access.namespace)
            if access.namespace
            else bool(each.get("clusterScope"))
        )
        for each in rule.get("resourceRules") or ()
    )


def _contains(values: Sequence[str], wanted: str) -> bool:
    return "*" in values or wanted in values


def _is_path(url: str, path: str) -> bool:
    return path.startswith(url[:-1]) if url.endswith("*") else url == path
