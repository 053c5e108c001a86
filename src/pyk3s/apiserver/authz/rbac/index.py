"""Who holds which rules: an index over roles and bindings, kept by the events of the watch cache.

Bindings are found by subject and namespace, so thousands of them that do not concern a user cost nothing. ClusterRoles
with an aggregation rule also hold the rules of those they select, without waiting for the stored copy of these rules.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from pyk3s.api import selectors
from pyk3s.apiserver import identity
from pyk3s.apiserver.authz import following
from pyk3s.apiserver.authz.rbac import rules
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
_decode = msgspec.json.Decoder().decode


class RoleKey(NamedTuple):
    """A Role in its namespace, or a ClusterRole."""

    kind: str
    namespace: str
    name: str


class Grant(NamedTuple):
    """A binding seen from one of its subjects."""

    role: RoleKey
    binding: str  # as reasons tell it
    subject: str


class Role(NamedTuple):
    """A role as stored and compiled."""

    policies: tuple[JSON, ...]
    rules: tuple[rules.Rule, ...]
    labels: dict[str, str]
    selects: tuple[Callable[[dict[str, str]], bool], ...]


Subject = tuple[str, str]  # ("User" or "Group", name)


class Index:
    """The compiled roles and bindings of the cluster; an authoriser."""

    def __init__(self) -> None:
        self._roles: dict[RoleKey, Role] = {}
        self._grants: dict[Subject, dict[str, dict[str, list[Grant]]]] = {}
        self._gathered: dict[RoleKey, list[rules.Rule]] = {}  # of roles that aggregate, until any role changes

    def follow(self, registry: registries.Registry) -> None:
        """Take in what is stored, and stay current."""
        for plural, take in (
            ("clusterroles", self.take_role),
            ("roles", self.take_role),
            ("clusterrolebindings", self.take_binding),
            ("rolebindings", self.take_binding),
        ):
            following.follow(registry.find(GROUP, plural).collection, take)

    def take_role(self, old: entries.Entry | None, new: entries.Entry | None) -> None:
        """A role was created, changed or deleted."""
        entry = new or old
        assert entry is not None
        self._gathered.clear()
        key = RoleKey("Role" if entry.namespace else "ClusterRole", entry.namespace, entry.name)
        if new is None:
            self._roles.pop(key, None)
        else:
            self._roles[key] = _role(_decode(new.value))

    def take_binding(self, old: entries.Entry | None, new: entries.Entry | None) -> None:
        """A binding was created, changed or deleted."""
        if old is not None:
            for subject, _ in _grants(_decode(old.value)):
                self._grants.get(subject, {}).get(old.namespace, {}).pop(old.name, None)
        if new is not None:
            for subject, grant in _grants(_decode(new.value)):
                by_name = self._grants.setdefault(subject, {}).setdefault(new.namespace, {})
                by_name.setdefault(new.name, []).append(grant)

    def decide(self, access: identity.Access) -> identity.Decision:
        """Whether a binding of the user allows the access; the reason names it, or the roles that are missing."""
        absent: dict[str, None] = {}
        for grant in self._held(access.user, access.namespace):
            found = self.rules_of(grant.role)
            if found is None:
                absent[f'{grant.role.kind.lower()}.{GROUP} "{grant.role.name}" not found'] = None
            elif any(rule.allows(access) for rule in found):
                role = f'{grant.role.kind} "{grant.role.name}"'
                return identity.Decision(True, f"RBAC: allowed by {grant.binding} of {role} to {grant.subject}")
        if not absent:
            return identity.Decision(False)
        errors = ", ".join(absent)
        return identity.Decision(False, f"RBAC: {errors}" if len(absent) == 1 else f"RBAC: [{errors}]")

    def policies(self, user: identity.User, namespace: str) -> list[JSON]:
        """Every rule that a user holds in a namespace, as stored."""
        return [policy for grant in self._held(user, namespace) for policy in self.role_policies(grant.role) or ()]

    def role_policies(self, key: RoleKey) -> list[JSON] | None:
        """The rules of a role with those it aggregates, as stored; None if there is no such role."""
        role = self._roles.get(key)
        return None if role is None else [policy for each in self._with_aggregated(role) for policy in each.policies]

    def rules_of(self, key: RoleKey) -> list[rules.Rule] | tuple[rules.Rule, ...] | None:
        """The rules of a role with those it aggregates, compiled."""
        role = self._roles.get(key)
        if role is None or not role.selects:
            return role and role.rules
        found = self._gathered.get(key)
        if found is None:
            found = self._gathered[key] = [rule for each in self._with_aggregated(role) for rule in each.rules]
        return found

    def _with_aggregated(self, role: Role) -> list[Role]:
        """A role and all it selects, also through others that aggregate."""
        found, at = [role], 0
        while at < len(found):
            selects = found[at].selects
            at += 1
            if selects:
                found += [
                    each
                    for key, each in self._roles.items()
                    if key.kind == "ClusterRole"
                    and any(matches(each.labels) for matches in selects)
                    and not any(each is known for known in found)
                ]
        return found

    def _held(self, user: identity.User, namespace: str) -> Iterator[Grant]:
        """The grants to a user and its groups: cluster-wide ones first, then those of the namespace."""
        subjects = (("User", user.name), *(("Group", group) for group in user.groups))
        for scope in ("", namespace) if namespace else ("",):
            for subject in subjects:
                for grants in self._grants.get(subject, {}).get(scope, {}).values():
                    yield from grants


def _role(obj: JSON) -> Role:
    policies = tuple(obj.get("rules") or ())
    stated = (obj.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    return Role(
        policies,
        tuple(map(rules.compiled, policies)),
        obj["metadata"].get("labels") or {},
        tuple(selectors.from_label_selector(each).matches for each in stated),
    )


def _grants(binding: JSON) -> Iterator[tuple[Subject, Grant]]:
    metadata, reference = binding["metadata"], binding["roleRef"]
    namespace = metadata.get("namespace", "")
    where = f'RoleBinding "{metadata["name"]}/{namespace}"' if namespace else f'ClusterRoleBinding "{metadata["name"]}"'
    key = RoleKey(reference["kind"], namespace if reference["kind"] == "Role" else "", reference["name"])
    for stated in binding.get("subjects") or ():
        kind, name = stated["kind"], stated["name"]
        if kind != "ServiceAccount":
            yield (kind, name), Grant(key, where, f'{kind} "{name}"')
        elif home := stated.get("namespace") or namespace:
            user = f"system:serviceaccount:{home}:{name}"
            yield ("User", user), Grant(key, where, f'ServiceAccount "{name}/{home}"')
