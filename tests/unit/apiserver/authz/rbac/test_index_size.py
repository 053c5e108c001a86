"""Bindings of others cost a decision nothing: what is looked at does not grow with them."""

import msgspec

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz.rbac import index as indexes
from pyk3s.apiserver.cache import entry as entries

ALICE = identity.User("alice", ("dev",))
GET_PODS = identity.Access(ALICE, "get", "", "v1", "pods", namespace="shop", name="a")


def entry(name, namespace="", **obj):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    key = f"{namespace}/{name}" if namespace else name
    return entries.Entry(key, 1, msgspec.json.encode({"metadata": metadata, **obj}))


def binding(name, subject, namespace="", role="reader"):
    reference = {"kind": "ClusterRole", "name": role}
    return entry(name, namespace, roleRef=reference, subjects=[{"kind": "User", "name": subject}])


def built(others):
    index = indexes.Index()
    index.take_role(None, entry("reader", rules=[{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]))
    index.take_binding(None, binding("mine", "alice", "shop"))
    for number in range(others):
        index.take_binding(None, binding(f"theirs-{number}", f"user-{number}", ("shop", "")[number % 2]))
        index.take_binding(None, binding(f"elsewhere-{number}", "alice", f"ns-{number}"))
    return index


def test_a_decision_looks_at_the_bindings_of_its_user_and_namespace_alone():
    for others in (0, 2000):
        index = built(others)
        assert len(list(index._held(ALICE, "shop"))) == 1
        assert index.decide(GET_PODS).allowed


def test_a_role_that_aggregates_is_gathered_once_until_a_role_changes():
    index = built(0)
    selects = {"clusterRoleSelectors": [{"matchLabels": {"to": "big"}}]}
    index.take_role(None, entry("big", aggregationRule=selects))
    index.take_binding(None, binding("big", "alice", role="big"))
    delete = GET_PODS._replace(verb="delete")
    assert not index.decide(delete).allowed
    gathered = index.rules_of(indexes.RoleKey("ClusterRole", "", "big"))
    assert index.rules_of(indexes.RoleKey("ClusterRole", "", "big")) is gathered
    part = msgspec.json.decode(entry("part", rules=[{"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]}]).value)  # fmt: skip # noqa: E501
    part["metadata"]["labels"] = {"to": "big"}
    index.take_role(None, entries.Entry("part", 2, msgspec.json.encode(part)))
    assert index.decide(delete).allowed
