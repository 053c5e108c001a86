import pytest

from pyk3s.api.schema import pack as packs
from pyk3s.apiserver.admission.policies import applying

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"a": "b"}},
    "spec": {"containers": [{"name": "main", "image": "app", "command": ["run"]}]},
}


@pytest.fixture(scope="module")
def pod_type():
    return packs.load().type("io.k8s.api.core.v1.Pod")


def test_maps_and_keyed_lists_are_merged_and_plain_lists_replaced(pod_type):
    change = {
        "metadata": {"labels": {"c": "d"}},
        "spec": {"containers": [{"name": "main", "command": ["walk"]}, {"name": "side", "image": "proxy"}]},
    }
    made = applying.applied(pod_type, POD, change)
    assert made["metadata"]["labels"] == {"a": "b", "c": "d"}
    assert made["spec"]["containers"] == [
        {"name": "main", "image": "app", "command": ["walk"]},
        {"name": "side", "image": "proxy"},
    ]
    assert POD["metadata"]["labels"] == {"a": "b"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("text", "unsupported return type from ApplyConfiguration expression: string"),
        ([], "unsupported return type from ApplyConfiguration expression: list"),
        ({"kind": "Node"}, "kind may not be changed"),
        ({"metadata": {"managedFields": []}}, "managedFields may not be set"),
        ({"spec": {"nope": 1}}, ".spec.nope: field not declared in schema"),
        ({"spec": {"containers": [{"image": "x"}]}}, "failed to convert patch object to typed object"),
        ({"spec": {"containers": "x"}}, "expected list"),
        (
            {"spec": {"containers": [{"name": "main", "env": [
                {"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "b"}}}]}]}},
            "may not mutate atomic arrays, maps or structs: .spec.containers[0].env[0].valueFrom.fieldRef",
        ),
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_is_refused(pod_type, change, why):
    with pytest.raises(applying.Inapplicable) as caught:
        applying.applied(pod_type, POD, change)
    assert why in str(caught.value)


def test_a_patch_leaves_the_object_alone_that_it_is_made_from():
    operations = [{"op": "add", "path": "/spec/containers/0/image", "from": "", "value": "new"}]
    assert applying.patched(POD, operations)["spec"]["containers"][0]["image"] == "new"
    assert POD["spec"]["containers"][0]["image"] == "app"


@pytest.mark.parametrize(
    "operations",
    [
        "text",
        {"op": "remove"},
        ["text"],
        [{"op": "remove", "path": "/none"}],
        [{"op": "test", "path": "/kind", "value": "Node"}],
        [{"op": 7, "path": "/kind"}],
        [{"op": "add", "path": "/x", "value": b"bytes"}, {"op": "remove", "path": "/y"}],
        [{"op": "add", "path": "/x", "value": object()}],
    ],
)
def test_what_is_no_patch_of_the_object_is_refused(operations):
    with pytest.raises(applying.Inapplicable):
        applying.patched(POD, operations)
