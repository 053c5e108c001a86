"""Rules of the three patch forms, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.api import status
from pyk3s.api.patching import json_patch, merge_patch, strategic
from pyk3s.api.schema import pack

POD = pack.load().type("io.k8s.api.core.v1.Pod")
DEPLOYMENT = pack.load().type("io.k8s.api.apps.v1.Deployment")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab~/", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", max_size=2), inner, max_size=3),
    max_leaves=8,
)


def operate(doc, *operations):
    return json_patch.apply(doc, operations)


def test_operations_apply_in_order_and_leave_the_document_alone():
    doc = {"a": [1, 2], "b": {"c": 1}}
    result = operate(
        doc,
        {"op": "add", "path": "/a/1", "value": 9},
        {"op": "move", "from": "/b/c", "path": "/d"},
        {"op": "remove", "path": "/a/-1"},
    )
    assert result == {"a": [1, 9], "b": {}, "d": 1}
    assert doc == {"a": [1, 2], "b": {"c": 1}}


def test_a_missing_value_tests_equal_to_null_and_true_is_not_one():
    assert operate({"a": 1}, {"op": "test", "path": "/b", "value": None}) == {"a": 1}
    with pytest.raises(status.StatusError):
        operate({"a": 1}, {"op": "test", "path": "/a", "value": True})


def test_copying_more_than_the_limit_is_refused():
    doc = {"a": "x" * (json_patch.MAX_COPIED_BYTES // 2)}
    copies = [{"op": "copy", "from": "/a", "path": f"/b{index}"} for index in range(3)]
    with pytest.raises(status.StatusError) as refused:
        operate(doc, *copies)
    assert refused.value.code == 422


def test_too_many_operations_are_refused():
    body = b"[" + b",".join([b'{"op":"test","path":"/a"}'] * (json_patch.MAX_OPERATIONS + 1)) + b"]"
    with pytest.raises(status.StatusError) as refused:
        json_patch.parse(body)
    assert refused.value.code == 413


@given(
    json_values, st.lists(st.dictionaries(st.sampled_from(["op", "path", "from", "value"]), json_values), max_size=3)
)
def test_any_operations_apply_or_are_refused(doc, operations):
    try:
        operate({"doc": doc}, *operations)
    except status.StatusError as refused:
        assert refused.code == 422


@given(st.dictionaries(st.text("ab", max_size=2), json_values, max_size=3))
def test_merging_a_document_into_nothing_gives_it_without_nulls(doc):
    def bare(value):
        if not isinstance(value, dict):
            return value
        return {name: bare(inner) for name, inner in value.items() if inner is not None}

    assert merge_patch.apply({}, doc) == bare(doc)


def containers(*names):
    return {"spec": {"containers": [{"name": name, "image": "i"} for name in names]}}


def names_after(live, patch):
    return [each["name"] for each in strategic.apply(POD, live, patch)["spec"]["containers"]]


def test_a_list_without_merge_strategy_is_replaced():
    live = {"spec": {"tolerations": [{"key": "a"}]}}
    patch = {"spec": {"tolerations": [{"key": "b"}]}}
    assert strategic.apply(POD, live, patch) == patch


def test_replacing_a_list_by_an_item_leaves_only_the_patch():
    patch = {"spec": {"containers": [{"$patch": "replace"}, {"name": "x"}]}}
    assert names_after(containers("a", "b"), patch) == ["x"]


def test_an_order_alone_arranges_what_is_there():
    patch = {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}}
    assert names_after(containers("a", "b", "c"), patch) == ["b", "c", "a"]


def test_retained_keys_must_cover_the_patch():
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}}
    with pytest.raises(status.StatusError, match="patch content doesn't match retainKeys list"):
        strategic.apply(DEPLOYMENT, {"spec": {"strategy": {"type": "RollingUpdate"}}}, patch)


@pytest.mark.parametrize("patch", [{"spec": {"$retainKeys": 1}}, {"spec": {"$setElementOrder/containers": 1}}])
def test_directives_of_the_wrong_form_are_a_bad_request(patch):
    with pytest.raises(status.StatusError) as refused:
        strategic.apply(POD, containers("a"), patch)
    assert refused.value.code == 400
