"""Which operations a webhook or admission policy is about: its rules, scopes and selectors, as pure functions.

Upstream's sentences hold: `*` as resource means every resource without sub-resources, `*/*` everything, `pods/*` pods
and all their sub-resources. The configuration of admission itself is exempt, so that nobody can lock it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pyk3s.api import catalog, selectors

JSON = dict[str, Any]
CONFIGURATION_GROUP = "admissionregistration.k8s.io"
EQUIVALENT = "Equivalent"


class Criteria(Protocol):
    """What a hook or policy is about."""

    @property
    def rules(self) -> Sequence[JSON]: ...
    @property
    def excluded(self) -> Sequence[JSON]: ...
    @property
    def match_policy(self) -> str: ...
    @property
    def namespace_selector(self) -> selectors.LabelSelector: ...
    @property
    def object_selector(self) -> selectors.LabelSelector: ...


class Operation(NamedTuple):
    """What is about to happen, as rules see it."""

    verb: str  # CREATE, UPDATE, DELETE, CONNECT
    resource: catalog.Resource
    subresource: str
    namespace: str
    name: str = ""


def is_exempt(resource: catalog.Resource) -> bool:
    """Whether no webhook and no policy sees this resource."""
    return resource.group == CONFIGURATION_GROUP


def matched_resource(
    criteria: Criteria, operation: Operation, equivalents: Iterable[catalog.Resource]
) -> catalog.Resource | None:
    """The form of the resource that some rule speaks of: the requested one or, if allowed, another of its versions.

    `equivalents` are the other served forms of what is stored in the same place.
    """
    forms = [operation.resource, *(equivalents if criteria.match_policy == EQUIVALENT else ())]
    if is_excluded(criteria, operation, forms):
        return None
    return _first_covered(criteria.rules, operation, forms)


def is_excluded(criteria: Criteria, operation: Operation, forms: Sequence[catalog.Resource]) -> bool:
    """Whether what the criteria leave out covers an operation on a resource in one of these forms."""
    return _first_covered(criteria.excluded, operation, forms) is not None


def _first_covered(
    rules: Sequence[JSON], operation: Operation, forms: Sequence[catalog.Resource]
) -> catalog.Resource | None:
    return next((form for form in forms for rule in rules if _is_covered(rule, operation, form)), None)


def _is_covered(rule: JSON, operation: Operation, resource: catalog.Resource) -> bool:
    return (
        speaks_of(rule, operation.verb, resource, operation.subresource)
        and _in_scope(rule.get("scope") or "*", operation)
        and (not rule.get("resourceNames") or operation.name in rule["resourceNames"])
    )


def speaks_of(rule: JSON, verb: str, resource: catalog.Resource, subresource: str) -> bool:
    """Whether a rule is about a resource, for some object of it."""
    return (
        _contains(rule.get("operations"), verb)
        and _contains(rule.get("apiGroups"), resource.group)
        and _contains(rule.get("apiVersions"), resource.version)
        and any(_names(text, resource.plural, subresource) for text in rule.get("resources") or ())
    )


def _contains(values: Sequence[str] | None, wanted: str) -> bool:
    return bool(values) and values is not None and ("*" in values or wanted in values)


def _in_scope(scope: str, operation: Operation) -> bool:
    if scope == "*":
        return True
    is_namespaced = bool(operation.namespace) and not is_namespace(operation.resource)
    return is_namespaced is (scope == "Namespaced")


def _names(text: str, plural: str, subresource: str) -> bool:
    resource, _, sub = text.partition("/")
    return resource in ("*", plural) and sub in ("*", subresource)


def is_namespace(resource: catalog.Resource) -> bool:
    """Whether this is the Namespace itself, whose own labels count where those of its namespace would."""
    return not resource.group and resource.plural == "namespaces"


def labels(obj: JSON | None) -> Mapping[str, str] | None:
    """The labels of an object; None of what has no metadata, such as the options of a connection."""
    if not obj or "metadata" not in obj:
        return None
    return obj["metadata"].get("labels") or {}


def selects(selector: selectors.LabelSelector, *objects: JSON | None) -> bool:
    """Whether one of the objects (the new and the old one) is selected."""
    if selector.empty:
        return True
    return any((found := labels(obj)) is not None and selector.matches(found) for obj in objects)
