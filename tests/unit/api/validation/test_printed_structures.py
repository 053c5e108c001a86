"""What messages repeat as a whole has the names of the API's internal types."""

from typing import Any

JSON = dict[str, Any]


def test_a_role_reference(said_of_update) -> None:
    def binding(name: str) -> JSON:
        return {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}}

    (found,) = said_of_update("rolebindings.rbac.authorization.k8s.io", binding("a"), binding("b"))
    told = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}'
    assert found == f"roleRef: Invalid value: {told}: cannot change roleRef"


def test_a_driver_of_a_node(said_of_update) -> None:
    def node(**driver: Any) -> JSON:
        return {"spec": {"drivers": [{"name": "a", "nodeID": "x", **driver}]}}

    assert said_of_update("csinodes.storage.k8s.io", node(), node(allocatable={"count": 3})) == []
    (found,) = said_of_update("csinodes.storage.k8s.io", node(), node(nodeID="y"))
    told = '{"Name":"a","NodeID":"y","TopologyKeys":null,"Allocatable":null}'
    assert found == f"CSINodeDriver: Invalid value: {told}: field is immutable"


def test_a_volume_to_attach(said, said_of_update) -> None:
    def attachment(node: str, attacher: str = "a") -> JSON:
        return {"spec": {"attacher": attacher, "nodeName": node, "source": {"persistentVolumeName": "v"}}}

    (found,) = said_of_update("volumeattachments.storage.k8s.io", attachment("m"), attachment("n"))
    source = '{"PersistentVolumeName":"v","InlineVolumeSpec":null}'
    assert found == f'spec: Invalid value: {{"Attacher":"a","Source":{source},"NodeName":"n"}}: field is immutable'
    assert said("volumeattachments.storage.k8s.io", attachment("n", "")) == ["spec.attacher: Required value"] * 2


def test_a_taint_that_stands_twice(said) -> None:
    taint = {"key": "a", "effect": "NoSchedule"}
    (found,) = said("nodes", {"spec": {"taints": [taint, taint]}})
    told = '{"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}'
    assert found == f"spec.taints[1]: Duplicate value: {told}: taints must be unique by key and effect pair"
