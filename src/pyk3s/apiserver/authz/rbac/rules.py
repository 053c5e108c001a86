"""One rule of a role: what it matches, what it covers of another rule, how it is told in messages."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pyk3s.apiserver import identity

JSON = dict[str, Any]
ALL = "*"
_PARTS = ("apiGroups", "resources", "nonResourceURLs", "resourceNames", "verbs")


class Rule(NamedTuple):
    """A PolicyRule as sets. It speaks of resources, or of plain paths if `urls` is not empty."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str]
    urls: frozenset[str]

    def allows(self, access: identity.Access) -> bool:
        """Whether the rule matches what is asked for."""
        verbs = self.verbs
        if access.verb not in verbs and ALL not in verbs:
            return False
        if not access.plural:
            return self._has_path(access.path)
        return (
            (access.group in self.groups or ALL in self.groups)
            and self._has_resource(access.plural, access.subresource)
            and (not self.names or access.name in self.names)
        )

    def covers(self, single: "Rule") -> bool:
        """Whether everything a broken-down rule allows is allowed by this one."""
        if not (ALL in self.verbs or single.verbs <= self.verbs):
            return False
        if single.urls:
            return all(self._has_path(url) for url in single.urls)
        if not (ALL in self.groups or single.groups <= self.groups):
            return False
        if self.names and not (single.names and single.names <= self.names):
            return False
        return bool(self.resources) and all(
            self._has_resource(*_split(each)) or each in self.resources for each in single.resources
        )

    def _has_resource(self, plural: str, subresource: str) -> bool:
        stated = self.resources
        if ALL in stated:
            return True
        if not subresource:
            return plural in stated
        return f"{plural}/{subresource}" in stated or f"*/{subresource}" in stated

    def _has_path(self, path: str) -> bool:
        return path in self.urls or any(url.endswith(ALL) and path.startswith(url.rstrip(ALL)) for url in self.urls)


def _split(resource: str) -> tuple[str, str]:
    plural, _, subresource = resource.partition("/")
    return plural, subresource


def compiled(policy: JSON) -> Rule:
    """A rule of a stored role."""
    read = (policy.get(key) or () for key in ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"))
    return Rule(*(frozenset(each) for each in read))


def broken_down(policies: Iterable[JSON]) -> Iterator[JSON]:
    """Rules with one verb and one resource, resource name or path each, that together allow the same."""
    for policy in policies:
        for url in policy.get("nonResourceURLs") or ():
            for verb in policy.get("verbs") or ():
                yield {"nonResourceURLs": [url], "verbs": [verb]}
        for group in policy.get("apiGroups") or ():
            for resource in policy.get("resources") or ():
                for verb in policy.get("verbs") or ():
                    single = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                    names = policy.get("resourceNames")
                    yield from ({**single, "resourceNames": [name]} for name in names) if names else (single,)


def missing(held: Sequence[Rule], wanted: Iterable[JSON]) -> list[JSON]:
    """What of `wanted` no rule in `held` covers, broken down."""
    return [policy for policy in broken_down(wanted) if not any(rule.covers(compiled(policy)) for rule in held)]


def compact(singles: Iterable[JSON]) -> list[JSON]:
    """Broken-down rules about the same resource as one rule with all their verbs."""
    found: dict[tuple[str, ...], JSON] = {}
    for single in singles:
        key = tuple(str(single.get(part)) for part in _PARTS[:-1])
        if single.get("nonResourceURLs"):
            key = (*key, *single["verbs"])
        known = found.setdefault(key, {**single, "verbs": []})
        known["verbs"] += [verb for verb in single["verbs"] if verb not in known["verbs"]]
    return list(found.values())


def told(policy: JSON) -> str:
    """A rule as refusals show it."""
    parts = (f"{part[0].upper()}{part[1:]}:{quoted(policy[part])}" for part in _PARTS if policy.get(part))
    return "{" + ", ".join(parts).replace("ApiGroups:", "APIGroups:") + "}"


def quoted(texts: Iterable[str]) -> str:
    """A list of strings the way messages print it."""
    return "[" + " ".join(json.dumps(text, ensure_ascii=False) for text in texts) + "]"
