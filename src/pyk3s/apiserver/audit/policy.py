"""The audit policy (audit.k8s.io/v1): which requests are recorded, and how much of each. Pure.

The first rule that matches decides; what no rule matches is not recorded. A policy that cannot be meant so is refused
as a whole: a log that lacks what an auditor believes to be in it is worse than a server that does not start.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from pyk3s.apiserver import identity

JSON = Mapping[str, Any]
API_VERSION, KIND = "audit.k8s.io/v1", "Policy"
RECEIVED, STARTED, COMPLETE, PANIC = "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"
STAGES = (RECEIVED, STARTED, COMPLETE, PANIC)
ALL = "*"


class Level(IntEnum):
    """How much is recorded; each level holds the ones before."""

    None_ = 0
    Metadata = 1
    Request = 2
    RequestResponse = 3

    @property
    def label(self) -> str:
        """The level as policies and events write it."""
        return self.name.rstrip("_")


LEVELS = {level.label: level for level in Level}


class BadPolicy(ValueError):
    """A policy that cannot be used; the text names the place and what is wrong there."""


class Resources(NamedTuple):
    """One entry of a rule's `resources`."""

    group: str
    resources: frozenset[str]
    names: frozenset[str]

    def matches(self, access: identity.Access) -> bool:
        if self.group != access.group:
            return False
        if not self.resources:
            return True
        if self.names and access.name not in self.names:
            return False
        plural, subresource = access.plural, access.subresource
        if ALL in self.resources or f"{plural}/{ALL}" in self.resources:
            return True
        if not subresource:
            return plural in self.resources
        return f"{plural}/{subresource}" in self.resources or f"{ALL}/{subresource}" in self.resources


class Rule(NamedTuple):
    """One rule; an empty set matches everything."""

    level: Level
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()
    resources: tuple[Resources, ...] = ()
    namespaces: frozenset[str] = frozenset()
    urls: tuple[str, ...] = ()
    omit_stages: frozenset[str] = frozenset()
    omit_managed_fields: bool = False

    def matches(self, access: identity.Access) -> bool:
        """Whether the rule speaks of a request by this user."""
        user = access.user
        if self.users and user.name not in self.users:
            return False
        if self.groups and self.groups.isdisjoint(user.groups):
            return False
        if self.verbs and access.verb not in self.verbs:
            return False
        if self.resources or self.namespaces:
            return bool(access.plural) and self._has_resource(access)
        if self.urls:
            return not access.plural and any(_path_matches(access.path, url) for url in self.urls)
        return True

    def _has_resource(self, access: identity.Access) -> bool:
        if self.namespaces and access.namespace not in self.namespaces:
            return False
        return not self.resources or any(each.matches(access) for each in self.resources)


NOTHING = Rule(Level.None_)


class Policy(NamedTuple):
    """A whole policy."""

    rules: tuple[Rule, ...]

    def rule(self, access: identity.Access) -> Rule:
        """The rule that decides about a request."""
        return next((rule for rule in self.rules if rule.matches(access)), NOTHING)


def _path_matches(path: str, url: str) -> bool:
    return url in (ALL, path) or (url.endswith(ALL) and path.startswith(url[:-1]))


_POLICY_KEYS = frozenset(("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"))
_LISTS = ("users", "userGroups", "verbs", "namespaces", "nonResourceURLs", "omitStages")
_RULE_KEYS = frozenset(("level", "resources", "omitManagedFields", *_LISTS))
_RESOURCE_KEYS = frozenset(("group", "resources", "resourceNames"))


def policy(document: object) -> Policy:
    """The policy that a decoded file holds; raises BadPolicy."""
    found = _mapping("the policy", document, _POLICY_KEYS)
    stated = found.get("apiVersion"), found.get("kind")
    if stated != (API_VERSION, KIND):
        raise BadPolicy(f"apiVersion and kind are {stated[0]} and {stated[1]}, wanted are {API_VERSION} and {KIND}")
    omitted = _stages("omitStages", found.get("omitStages"))
    omits_managed = _switch("omitManagedFields", found.get("omitManagedFields"))
    rules = found.get("rules")
    if not isinstance(rules, list) or not rules:
        raise BadPolicy("rules: at least one rule is wanted")
    return Policy(
        tuple(_rule(f"rules[{index}]", each, omitted, omits=omits_managed) for index, each in enumerate(rules))
    )


def _rule(place: str, document: object, omitted: frozenset[str], *, omits: bool) -> Rule:
    found = _mapping(place, document, _RULE_KEYS)
    level = found.get("level")
    if not isinstance(level, str) or level not in LEVELS:
        raise BadPolicy(f"{place}.level: {level!r} is none of {', '.join(LEVELS)}")
    users, groups, verbs, namespaces, urls, _ = (_texts(f"{place}.{name}", found.get(name)) for name in _LISTS)
    resources = found.get("resources") or []
    if not isinstance(resources, list):
        raise BadPolicy(f"{place}.resources: a list is wanted")
    if urls and (resources or namespaces):
        raise BadPolicy(f"{place}: a rule is about resources or about nonResourceURLs, not both")
    for url in urls:
        if url != ALL and (not url.startswith("/") or ALL in url[:-1]):
            raise BadPolicy(f"{place}.nonResourceURLs: {url!r} must begin with / and may have * only at its end")
    stated = found.get("omitManagedFields")
    return Rule(
        LEVELS[level],
        frozenset(users),
        frozenset(groups),
        frozenset(verbs),
        tuple(_resources(f"{place}.resources[{index}]", each) for index, each in enumerate(resources)),
        frozenset(namespaces),
        tuple(urls),
        omitted | _stages(f"{place}.omitStages", found.get("omitStages")),
        omits if stated is None else _switch(f"{place}.omitManagedFields", stated),
    )


def _resources(place: str, document: object) -> Resources:
    found = _mapping(place, document, _RESOURCE_KEYS)
    group = found.get("group") or ""
    if not isinstance(group, str) or "/" in group:
        raise BadPolicy(f"{place}.group: {group!r} is no group name; a version does not belong there")
    resources = _texts(f"{place}.resources", found.get("resources"))
    names = _texts(f"{place}.resourceNames", found.get("resourceNames"))
    if names and not resources:
        raise BadPolicy(f"{place}.resourceNames: at least one resource is wanted beside them")
    return Resources(group, frozenset(resources), frozenset(names))


def _mapping(place: str, document: object, known: Iterable[str]) -> JSON:
    if not isinstance(document, dict):
        raise BadPolicy(f"{place}: a mapping is wanted")
    if strange := [str(key) for key in document if key not in known]:
        raise BadPolicy(f"{place}: unknown field {strange[0]!r}; known are {', '.join(sorted(known))}")
    return document


def _texts(place: str, document: object) -> list[str]:
    if document is None:
        return []
    if not isinstance(document, list) or not all(isinstance(each, str) for each in document):
        raise BadPolicy(f"{place}: a list of texts is wanted")
    return document


def _stages(place: str, document: object) -> frozenset[str]:
    stages = _texts(place, document)
    for stage in stages:
        if stage not in STAGES:
            raise BadPolicy(f"{place}: {stage!r} is none of {', '.join(STAGES)}")
    return frozenset(stages)


def _switch(place: str, document: object) -> bool:
    if not isinstance(document, bool | None):
        raise BadPolicy(f"{place}: true or false is wanted")
    return bool(document)
