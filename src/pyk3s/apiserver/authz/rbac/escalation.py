"""Nobody grants more than they hold: checks who writes roles and bindings.

Whoever holds `escalate` on roles or `bind` on the role in question may go beyond. A step of admission, so that it sees
objects as they will be stored; it goes last among the mutating steps, before validation.
"""

from pyk3s.api import catalog, status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.authz.rbac import index as indexes
from pyk3s.apiserver.authz.rbac import rules

JSON = chain.JSON
FULL = ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]})
ROLES, BINDINGS = ("roles", "clusterroles"), ("rolebindings", "clusterrolebindings")


class Escalation(chain.Base):
    """The checks on writes to the group rbac.authorization.k8s.io."""

    def __init__(self, index: indexes.Index, authorizer: identity.Authorizer):
        self._index, self._authorizer = index, authorizer

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return (
            operation in (chain.CREATE, chain.UPDATE)
            and resource.group == indexes.GROUP
            and resource.plural in ROLES + BINDINGS
        )

    def mutate(self, attributes: chain.Attributes) -> None:
        """Raises 403 for what goes beyond the user's own rights."""
        if identity.MASTERS in attributes.user.groups:
            return
        if attributes.resource.plural in ROLES:
            self._check_role(attributes)
        else:
            self._check_binding(attributes)

    def _check_role(self, attributes: chain.Attributes) -> None:
        old, new = attributes.old or {}, attributes.object
        if self._may(attributes, "escalate", attributes.resource.plural, _name(attributes)):
            return
        same_rules = attributes.old is not None and (old.get("rules") or []) == (new.get("rules") or [])
        aggregation = new.get("aggregationRule")
        if same_rules and old.get("aggregationRule") == aggregation:
            return
        if (aggregation or old.get("aggregationRule")) and self._missing(attributes, FULL):
            raise _forbidden(attributes, "must have cluster-admin privileges to use the aggregationRule")
        self._confirm(attributes, new.get("rules") or [])

    def _check_binding(self, attributes: chain.Attributes) -> None:
        old, new = attributes.old or {}, attributes.object
        if attributes.old is not None and all(old.get(part) == new.get(part) for part in ("subjects", "roleRef")):
            return
        reference = new.get("roleRef") or {}
        kind, name = reference.get("kind", ""), reference.get("name", "")
        plural = {"Role": "roles", "ClusterRole": "clusterroles"}.get(kind)
        if plural is None:
            return  # validation refuses it
        if self._may(attributes, "bind", plural, name):
            return
        namespace = attributes.namespace if kind == "Role" else ""
        wanted = self._index.role_policies(indexes.RoleKey(kind, namespace, name))
        if wanted is None:
            raise status.not_found(indexes.GROUP, kind.lower(), name)
        self._confirm(attributes, wanted)

    def _may(self, attributes: chain.Attributes, verb: str, plural: str, name: str) -> bool:
        version, namespace = attributes.resource.version, attributes.namespace
        access = identity.Access(attributes.user, verb, indexes.GROUP, version, plural, namespace=namespace, name=name)
        return self._authorizer.decide(access).allowed

    def _missing(self, attributes: chain.Attributes, wanted: tuple[JSON, ...] | list[JSON]) -> list[JSON]:
        held = self._index.policies(attributes.user, attributes.namespace)
        return rules.missing([rules.compiled(policy) for policy in held], wanted)

    def _confirm(self, attributes: chain.Attributes, wanted: list[JSON]) -> None:
        lacking = self._missing(attributes, wanted)
        if not lacking:
            return
        user = attributes.user
        listed = "\n".join(sorted({rules.told(policy) for policy in rules.compact(lacking)}))
        raise _forbidden(
            attributes,
            f'user "{user.name}" (groups={rules.quoted(user.groups)}) is attempting to grant RBAC permissions '
            f"not currently held:\n{listed}",
        )


def _name(attributes: chain.Attributes) -> str:
    return attributes.name or str(attributes.object.get("metadata", {}).get("name", ""))


def _forbidden(attributes: chain.Attributes, why: str) -> status.StatusError:
    return status.forbidden(indexes.GROUP, attributes.resource.plural, _name(attributes), why)
