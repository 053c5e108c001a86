import types

import pytest

from pyk3s.api import status
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, node_restriction

KUBELET = identity.User("system:node:n1", ("system:nodes",))
OTHER = identity.User("alice")
NODES, PODS = types.SimpleNamespace(group="", plural="nodes"), types.SimpleNamespace(group="", plural="pods")
MIRROR = {"kubernetes.io/config.mirror": "x"}


def check(operation, resource, obj, old=None, *, user=KUBELET, name="n1"):
    plugin = node_restriction.NodeRestriction(types.SimpleNamespace(read=lambda *_, **__: None))
    plugin.validate(chain.Attributes(operation, resource, "", name, user, obj, old))


def node(**labels):
    return {"metadata": {"labels": labels}}


def test_a_kubelet_changes_its_own_node():
    check(chain.UPDATE, NODES, node(zone="a"), node())


def test_a_kubelet_changes_no_other_node():
    with pytest.raises(status.StatusError, match='node "n1" is not allowed to modify node "n2"'):
        check(chain.UPDATE, NODES, node(), node(), name="n2")


def test_restricted_labels_and_taints_are_the_administrators():
    with pytest.raises(status.StatusError, match="modify labels"):
        check(chain.UPDATE, NODES, node(**{"a.node-restriction.kubernetes.io/x": "1"}), node())
    with pytest.raises(status.StatusError, match="modify taints"):
        check(chain.UPDATE, NODES, {"metadata": {}, "spec": {"taints": []}}, {"spec": {"taints": [{"key": "a"}]}})


@pytest.mark.parametrize(
    "label",
    [
        "node-role.kubernetes.io/control-plane",
        "kubernetes.io/other",
        "a.k8s.io/x",
        "node-restriction.kubernetes.io/x",
    ],
)
def test_names_in_the_domains_of_kubernetes_are_not_the_kubelets_to_take(label):
    for operation, old in ((chain.CREATE, None), (chain.UPDATE, node())):
        with pytest.raises(status.StatusError, match="modify labels"):
            check(operation, NODES, node(**{label: "x"}), old)
    check(chain.UPDATE, NODES, node(**{label: "x"}), node(**{label: "x"}))


@pytest.mark.parametrize(
    "label",
    [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "node.kubernetes.io/x",
        "a.kubelet.kubernetes.io/x",
        "own/x",
    ],
)
def test_a_kubelet_sets_the_labels_that_are_its_own(label):
    check(chain.CREATE, NODES, node(**{label: "x"}))


def test_a_kubelet_creates_only_mirror_pods_of_its_node():
    check(chain.CREATE, PODS, {"metadata": {"annotations": MIRROR}, "spec": {"nodeName": "n1"}})
    for obj in ({"metadata": {}, "spec": {"nodeName": "n1"}}, {"metadata": {"annotations": MIRROR}, "spec": {}}):
        with pytest.raises(status.StatusError, match="can only create"):
            check(chain.CREATE, PODS, obj)


def test_a_kubelet_deletes_only_its_own_pods():
    check(chain.DELETE, PODS, {}, {"spec": {"nodeName": "n1"}})
    with pytest.raises(status.StatusError, match="can only delete pods"):
        check(chain.DELETE, PODS, {}, {"spec": {"nodeName": "n2"}})


def test_others_are_not_restricted():
    check(chain.UPDATE, NODES, node(), node(), user=OTHER, name="n2")
