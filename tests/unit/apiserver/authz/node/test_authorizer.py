import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.authz.node import authorizer

KUBELET = identity.User("system:node:n1", ("system:nodes", "system:authenticated"))


class Pods:
    """One pod on n1 uses the secret `known`."""

    def refer_to(self, node, plural, namespace, name):
        return (node, name) == ("n1", "known")


def decide(verb, plural, user=KUBELET, group="", **more):
    return authorizer.NodeAuthorizer(Pods()).decide(identity.Access(user, verb, group, "v1", plural, **more))


def test_others_than_kubelets_are_not_judged():
    impostor = identity.User("system:node:n1", ("system:authenticated",))
    assert decide("get", "nodes", impostor, name="n1")[:2] == (False, "")


@pytest.mark.parametrize("plural", ["secrets", "configmaps"])
def test_a_kubelet_reads_what_its_pods_refer_to(plural):
    assert decide("get", plural, namespace="shop", name="known").allowed
    refused = decide("get", plural, namespace="shop", name="other")
    assert refused[:2] == (False, "no relationship found between node 'n1' and this object")


def test_a_kubelet_writes_no_secrets():
    assert not decide("update", "secrets", namespace="shop", name="known").allowed


def test_a_kubelet_makes_tokens_only_for_accounts_of_its_pods():
    assert decide("create", "serviceaccounts", subresource="token", namespace="shop", name="known").allowed
    assert not decide("create", "serviceaccounts", subresource="token", namespace="shop", name="other").allowed


def test_a_kubelet_sees_only_its_own_node():
    assert decide("get", "nodes", name="n1").allowed
    assert decide("patch", "nodes", subresource="status", name="n1").allowed
    assert not decide("get", "nodes", name="n2").allowed
    assert not decide("list", "nodes").allowed


def test_a_kubelet_lists_only_its_own_pods():
    assert decide("list", "pods", selects=(("spec.nodeName", "n1"),)).allowed
    assert not decide("list", "pods").allowed
    assert not decide("list", "pods", selects=(("spec.nodeName", "n2"),)).allowed


def test_a_kubelet_renews_only_its_own_lease():
    lease = {"group": "coordination.k8s.io", "namespace": "kube-node-lease"}
    assert decide("update", "leases", name="n1", **lease).allowed
    assert not decide("update", "leases", name="n2", **lease).allowed
    assert decide("create", "leases", **lease).allowed
