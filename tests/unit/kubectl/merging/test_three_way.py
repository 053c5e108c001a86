"""The patch of apply brings an object to its manifest and leaves alone what others added."""

import pytest

from pyk3s.api.patching import merge_patch, strategic
from pyk3s.kubectl.merging import known_types, last_applied, three_way

DEPLOYMENT = known_types.find("apps", "v1", "Deployment")
POD = known_types.find("", "v1", "Pod")


def _applied(original, modified, live, type_=POD):
    """The object after applying, and that applying once more finds nothing to do."""
    patch = three_way.patch(type_, original, modified, live)
    result = strategic.apply(type_, live, patch) if type_ is not None else merge_patch.apply(live, patch)
    assert three_way.patch(type_, modified, modified, result) == {}
    return result


def _containers(*containers):
    return {"spec": {"containers": list(containers)}}


def test_nothing_to_do_is_an_empty_patch():
    obj = _containers({"name": "a", "image": "i"})
    assert three_way.patch(POD, obj, obj, {**obj, "status": {"phase": "Running"}}) == {}


def test_defaults_and_fields_of_others_stay():
    live = _containers({"name": "a", "image": "i", "imagePullPolicy": "Always"}, {"name": "sidecar", "image": "s"})
    wanted = _containers({"name": "a", "image": "j"})
    [a, sidecar] = _applied(_containers({"name": "a", "image": "i"}), wanted, live)["spec"]["containers"]
    assert a == {"name": "a", "image": "j", "imagePullPolicy": "Always"} and sidecar["name"] == "sidecar"


def test_what_the_last_manifest_had_and_this_one_has_not_goes():
    before = _containers({"name": "a", "env": [{"name": "X", "value": "1"}]}, {"name": "b"})
    wanted = _containers({"name": "a"})
    assert _applied(before, wanted, before)["spec"]["containers"] == [{"name": "a"}]


def test_the_order_of_the_manifest_is_restored():
    live = _containers({"name": "a"}, {"name": "b"})
    wanted = _containers({"name": "b"}, {"name": "a"})
    assert [each["name"] for each in _applied(live, wanted, live)["spec"]["containers"]] == ["b", "a"]


def test_primitive_lists_are_merged_item_by_item():
    live = {"metadata": {"finalizers": ["theirs", "a", "b"]}}
    wanted = {"metadata": {"finalizers": ["b", "c"]}}
    patch = three_way.patch(POD, {"metadata": {"finalizers": ["a", "b"]}}, wanted, live)
    assert set(strategic.apply(POD, live, patch)["metadata"]["finalizers"]) == {"theirs", "b", "c"}


def test_a_union_keeps_only_the_keys_of_the_manifest():
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    result = _applied({}, {"spec": {"strategy": {"type": "Recreate"}}}, live, DEPLOYMENT)
    assert result["spec"]["strategy"] == {"type": "Recreate"}


def test_custom_resources_replace_lists_as_a_whole():
    live = {"spec": {"list": [1, 2], "kept": True}}
    assert _applied({"spec": {"list": [1, 2]}}, {"spec": {"list": [3]}}, live, None)["spec"] == {
        "list": [3],
        "kept": True,
    }


@pytest.mark.parametrize("kind", ["Greeting", "Nonsense"])
def test_custom_kinds_have_no_known_type(kind):
    assert known_types.find("clients.test", "v1", kind) is None


def test_a_manifest_carries_itself_without_its_own_annotation():
    once = last_applied.annotated({"kind": "X", "metadata": {"name": "a"}})
    twice = last_applied.annotated(once)
    assert once == twice
    assert last_applied.of(once) == {"kind": "X", "metadata": {"name": "a", "annotations": {}}}
