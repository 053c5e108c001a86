"""Fills in the rules of ClusterRoles that aggregate others.

What such a role must hold is derived from the roles at the leaves alone, through others that aggregate; what this
controller wrote is never its input. So one write per role is enough however deep they are stacked, and roles that
select each other come to rest. A role that aggregates has no rules of its own: they are replaced.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from pyk3s.api import selectors
from pyk3s.client import objects, resources, rest
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController

AGGREGATING = "aggregating"


class PolicyRule(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One rule; two are the same if they say the same in the same order."""

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(name="nonResourceURLs", default=())


class AggregationRule(msgspec.Struct, rename="camel"):
    cluster_role_selectors: list[dict[str, Any]] = []


class ClusterRole(msgspec.Struct, rename="camel"):
    metadata: objects.Metadata
    rules: tuple[PolicyRule, ...] | None = None  # the API says null for none
    aggregation_rule: AggregationRule | None = None


Roles = Mapping[str, ClusterRole]


def aggregated(role: ClusterRole, roles: Roles) -> tuple[PolicyRule, ...]:
    """The rules that an aggregating role must hold: those of its selectors in turn, roles by name, each rule once."""
    return tuple(dict.fromkeys(_collected(role, roles, {role.metadata.name})))


def _collected(role: ClusterRole, roles: Roles, visited: set[str]) -> Iterator[PolicyRule]:
    if role.aggregation_rule is None:
        yield from role.rules or ()
        return
    for stated in role.aggregation_rule.cluster_role_selectors:
        selector = selectors.from_label_selector(stated)
        for name in sorted(name for name, each in roles.items() if selector.matches(each.metadata.labels)):
            if name not in visited:
                visited.add(name)
                yield from _collected(roles[name], roles, visited)


class Controller(KindController[ClusterRole]):
    """The ClusterRole aggregation controller."""

    name = "clusterrole-aggregation-controller"

    def __init__(self, context: Context):
        roles = context.shared(resources.CLUSTER_ROLES, ClusterRole)
        self._aggregating = roles.index(lambda role: [AGGREGATING] if self._is_due(role) else [])
        super().__init__(context, roles)

    def _is_due(self, role: ClusterRole) -> bool:
        return role.aggregation_rule is not None

    def _changed(self, old: ClusterRole | None, new: ClusterRole | None) -> None:
        """Any role may be part of any that aggregates; which ones are different is found without a request."""
        for name in self._aggregating.keys(AGGREGATING):
            self._reconciler.add(name)

    async def _act(self, role: ClusterRole) -> None:
        wanted = aggregated(role, self._objects.store)
        if wanted != (role.rules or ()):
            await self._write(role, wanted)

    async def _write(self, role: ClusterRole, wanted: tuple[PolicyRule, ...]) -> None:
        """By apply, under the name that upstream's controller has in managedFields; the uid keeps it from creating."""
        ref = resources.CLUSTER_ROLES
        body = {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {"name": role.metadata.name, "uid": role.metadata.uid},
            "rules": wanted,
        }
        raw = await self._client.call(
            "PATCH",
            ref.path(name=role.metadata.name),
            msgspec.json.encode(body),
            query={"fieldManager": self.name, "force": "true"},
            content_type=rest.APPLY_PATCH,
        )
        self._objects.wrote(raw)
