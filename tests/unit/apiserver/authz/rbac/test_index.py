import json

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz.rbac import index as indexes
from pyk3s.apiserver.cache import entry as entries

ALICE = identity.User("alice", ("devs", "system:authenticated"))
LIST_PODS = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]


def stored(kind, name, namespace="", **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    value = json.dumps({"kind": kind, "metadata": metadata, **fields}).encode()
    return entries.Entry(f"{namespace}/{name}" if namespace else name, 1, value)


def bound(name, role_kind, role, subject, namespace=""):
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    return stored(kind, name, namespace, roleRef={"kind": role_kind, "name": role}, subjects=[subject])


def asks(user=ALICE, namespace="shop"):
    return identity.Access(user, "list", "", "v1", "pods", namespace=namespace)


def index(*, roles=(), bindings=()):
    made = indexes.Index()
    for role in roles:
        made.take_role(None, role)
    for binding in bindings:
        made.take_binding(None, binding)
    return made


READER = stored("Role", "reader", "shop", rules=LIST_PODS)
READERS = bound("readers", "Role", "reader", {"kind": "User", "name": "alice"}, "shop")


def test_a_role_binding_allows_in_its_namespace_and_says_why():
    decision = index(roles=[READER], bindings=[READERS]).decide(asks())
    assert decision[:2] == (True, 'RBAC: allowed by RoleBinding "readers/shop" of Role "reader" to User "alice"')


def test_a_role_binding_allows_nothing_elsewhere():
    held = index(roles=[READER], bindings=[READERS])
    assert not held.decide(asks(namespace="other")).allowed
    assert not held.decide(asks(namespace="")).allowed


def test_a_cluster_role_binding_allows_everywhere():
    held = index(
        roles=[stored("ClusterRole", "all", rules=LIST_PODS)],
        bindings=[bound("b", "ClusterRole", "all", {"kind": "Group", "name": "devs"})],
    )
    assert held.decide(asks(namespace="")).allowed
    assert held.decide(asks(namespace="other")).allowed


def test_a_service_account_is_a_user_of_its_namespace():
    held = index(
        roles=[READER], bindings=[bound("b", "Role", "reader", {"kind": "ServiceAccount", "name": "bot"}, "shop")]
    )
    assert held.decide(asks(identity.User("system:serviceaccount:shop:bot"))).allowed
    assert not held.decide(asks(identity.User("system:serviceaccount:other:bot"))).allowed


def test_a_missing_role_is_named_in_the_refusal():
    decision = index(bindings=[READERS]).decide(asks())
    assert decision[:2] == (False, 'RBAC: role.rbac.authorization.k8s.io "reader" not found')


def test_a_deleted_binding_allows_nothing_any_more():
    held = index(roles=[READER], bindings=[READERS])
    held.take_binding(READERS, None)
    assert not held.decide(asks()).allowed


def test_a_changed_role_counts_at_once():
    held = index(roles=[READER], bindings=[READERS])
    held.take_role(READER, stored("Role", "reader", "shop", rules=[]))
    assert not held.decide(asks()).allowed


def test_an_aggregating_role_holds_the_rules_of_those_it_selects():
    labels = {"labels": {"part": "yes"}}
    selecting = {"clusterRoleSelectors": [{"matchLabels": {"part": "yes"}}]}
    held = index(
        roles=[
            stored("ClusterRole", "whole", aggregationRule=selecting, metadata=labels),
            stored("ClusterRole", "piece", rules=LIST_PODS, metadata=labels),
        ],
        bindings=[bound("b", "ClusterRole", "whole", {"kind": "User", "name": "alice"})],
    )
    assert held.decide(asks()).allowed
    assert held.policies(ALICE, "") == LIST_PODS
