"""Rules of field ownership, on types of the schema pack and on a custom one."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.api import status
from pyk3s.api.ownership import apply, compare, fieldset, reset, scale, shapes, update
from pyk3s.api.schema import pack, types

NOW, LATER = "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"
CONFIG_MAP = pack.load().type("io.k8s.api.core.v1.ConfigMap")
POD = pack.load().type("io.k8s.api.core.v1.Pod")
DEPLOYMENT = pack.load().type("io.k8s.api.apps.v1.Deployment")


def config(**data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def updated(old, new, *, manager="m", now=NOW, type_=CONFIG_MAP, **more):
    new = copy.deepcopy(new)
    update.track_update(type_, old, new, manager=manager, api_version="v1", now=now, **more)
    return new


def applied(live, obj, manager, *, type_=CONFIG_MAP, **more):
    request = apply.Request(manager, obj["apiVersion"], obj["kind"], more.pop("now", NOW), **more)
    return apply.apply(type_, live, obj, request)


def owned(obj):
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"].get("managedFields", [])}


def test_who_changes_a_field_takes_it_from_whoever_had_it():
    first = updated(None, config(a="1", b="2"), manager="one")
    second = updated(first, config(a="1", b="3"), manager="two", now=LATER)
    assert owned(second) == {"one": {"f:data": {".": {}, "f:a": {}}}, "two": {"f:data": {"f:b": {}}}}


def test_an_update_that_changes_nothing_keeps_owners_and_times():
    first = updated(None, config(a="1"))
    second = updated(first, config(a="1"), manager="other", now=LATER)
    assert second["metadata"]["managedFields"] == first["metadata"]["managedFields"]


def test_sending_one_empty_entry_gives_ownership_up_for_good():
    first = updated(None, config(a="1"))
    cleared = config(a="1")
    cleared["metadata"]["managedFields"] = [{}]
    second = updated(first, cleared)
    assert "managedFields" not in second["metadata"]
    assert "managedFields" not in updated(second, config(a="2"))["metadata"]


def test_nonsense_in_managed_fields_is_ignored():
    first = updated(None, config(a="1"))
    sent = config(a="1")
    sent["metadata"]["managedFields"] = [{"operation": "Steal"}]
    assert owned(updated(first, sent)) == owned(first)


@pytest.mark.parametrize(
    "fields",
    [
        {"f:metadata": {"f:labels": "10"}},
        {"f:data": 1},
        {"f:data": {".": {}, "data": {}}},
        {"f:data": {"k:{": {}}},
        {"f:data": {"k:1": {}}},
        {"f:data": {"i:x": {}}},
        {"f:data": []},
    ],
)
def test_what_is_no_set_of_paths_is_ignored(fields):
    first = updated(None, config(a="1"))
    sent = config(a="1")
    entry = {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}
    sent["metadata"]["managedFields"] = [entry]
    assert owned(updated(first, sent)) == owned(first)
    assert owned(updated(None, sent)) == owned(updated(None, config(a="1")))


def test_sets_of_paths_of_every_form_are_taken():
    fields = {"f:data": {".": {}, "f:a": {}, 'k:{"name":"x"}': {}, 'v:"x"': {}, "i:0": {}}}
    sent = config(a="1")
    entry = {"manager": "other", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    sent["metadata"]["managedFields"] = [entry]
    assert "other" in owned(updated(config(a="1") | {"metadata": {"managedFields": [{}]}}, sent))


def test_the_eleventh_updater_makes_the_oldest_ones_one_entry():
    obj = updated(None, config(k0="x"), manager="m0", now="2026-01-02T03:00:00Z")
    for index in range(1, 12):
        data = {**obj["data"], f"k{index}": "x"}
        obj = updated(obj, config(**data), manager=f"m{index}", now=f"2026-01-02T03:00:{index:02}Z")
    managers = [entry["manager"] for entry in obj["metadata"]["managedFields"]]
    assert len(managers) == 10
    assert managers[0] == "ancient-changes"
    assert owned(obj)["ancient-changes"] == {"f:data": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}}}


def test_fields_that_a_request_cannot_change_are_not_owned():
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}, "status": {"phase": "Running"}}
    assert owned(updated(None, pod, type_=POD, reset=reset.fields("", "pods"))) == {}


def test_what_an_empty_object_already_has_is_not_owned_but_what_is_put_in_it_is():
    spec = {"selector": {}, "template": {"spec": {"containers": [{"name": "c"}]}}}
    new = updated(None, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": spec}, type_=DEPLOYMENT)
    containers = {'k:{"name":"c"}': {".": {}, "f:name": {}}}
    held = {"f:template": {"f:spec": {"f:containers": containers}}}
    assert owned(new) == {"m": {"f:spec": {"f:selector": {}, **held}}}


@pytest.mark.parametrize(
    "obj",
    [
        {"metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"a": "b"}, "finalizers": ["x/y"]}},
        {"metadata": {"name": "p", "labels": {}, "annotations": None}, "status": {"phase": "x"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": [], "nodeName": ""}},
        {"spec": {"containers": [{"name": 'q"\u00e9', "ports": [{"containerPort": 1}], "resources": {}}]}, "x": 1},
    ],
)
def test_a_new_object_is_owned_but_for_what_never_counts(obj):
    left_out = reset.fields("", "pods")
    every = compare.created(shapes.of_kind(POD), obj)
    counted = fieldset.difference(update.filtered(every, left_out), update.UNCOUNTED)
    assert owned(updated(None, {"metadata": {}, **obj}, type_=POD, reset=left_out)) == (
        {"m": counted} if counted else {}
    )


def test_path_elements_are_not_kept_without_end():
    for number in range(2 * shapes.MOST_KEPT):
        pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": f"c{number}"}]}}
        made = owned(updated(None, pod, type_=POD))["m"]
        assert list(made["f:spec"]["f:containers"]) == [f'k:{{"name":"c{number}"}}']
    containers = shapes.of_kind(POD).fields["spec"][1].fields["containers"][1]
    assert 0 < len(containers.elements) <= shapes.MOST_KEPT


def test_an_item_with_repeated_keys_is_owned_as_a_whole():
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "a"}, {"name": "c"}]}}
    assert owned(updated(None, pod, type_=POD)) == {"m": {"f:spec": {"f:containers": {'k:{"name":"c"}': {}}}}}


def test_applying_less_removes_what_nobody_else_owns():
    first = applied(None, config(a="1", b="2"), "one")
    second = applied(first, config(b="2"), "two")
    third = applied(second, {**config(), "data": {}}, "one")
    assert third["data"] == {"b": "2"}
    assert owned(third)["two"] == {"f:data": {"f:b": {}}}


def test_applying_over_an_object_without_owners_finds_what_was_before():
    live = config(a="1")
    with pytest.raises(status.StatusError) as refused:
        applied(live, config(a="2"), "one")
    assert 'conflict with "before-first-apply" using v1: .data.a' in str(refused.value)
    forced = applied(live, config(a="2"), "one", force=True)
    assert owned(forced) == {"before-first-apply": {"f:data": {}}, "one": {"f:data": {"f:a": {}}}}


def test_kubectl_takes_over_what_its_client_side_apply_set():
    live = updated(None, config(a="1"), manager="kubectl-client-side-apply")
    annotations = {
        apply.LAST_APPLIED: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}}'
    }
    live["metadata"]["annotations"] = annotations
    result = applied(live, config(a="2"), "kubectl")
    assert result["data"] == {"a": "2"}
    assert '"a":"2"' in result["metadata"]["annotations"][apply.LAST_APPLIED]


def test_another_kind_or_version_is_refused():
    request = apply.Request("m", "v1", "ConfigMap", NOW)
    with pytest.raises(status.StatusError, match="invalid object type: apps/v1, Kind=Deployment"):
        apply.apply(CONFIG_MAP, None, {"apiVersion": "apps/v1", "kind": "Deployment"}, request)


def test_a_configuration_must_not_say_who_owns_what():
    obj = config(a="1")
    obj["metadata"]["managedFields"] = []
    with pytest.raises(status.StatusError, match="must be nil"):
        applied(None, obj, "m")


def test_items_of_the_live_list_stay_before_the_next_shared_one():
    def pod(*names):
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": name} for name in names]},
        }

    live = updated(None, pod("a", "b", "c"), type_=POD)
    result = applied(live, pod("x", "c", "a"), "m2", type_=POD)
    assert [each["name"] for each in result["spec"]["containers"]] == ["b", "x", "c", "a"]


def test_no_change_but_in_times_keeps_the_times():
    first = applied(None, config(a="1"), "one")
    second = applied(first, config(a="1"), "one", now=LATER)
    second["metadata"]["managedFields"][0]["time"] = LATER
    update.keep_timestamps(first, second)
    assert second == first


def test_replicas_set_through_the_scale_belong_to_who_set_them():
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1}}
    live = updated(None, deployment, type_=DEPLOYMENT)
    entries = scale.of_scale(live)
    assert [entry["apiVersion"] for entry in entries] == ["autoscaling/v1"]
    scaler = {
        "manager": "hpa",
        "operation": "Update",
        "subresource": "scale",
        "apiVersion": "autoscaling/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    scale.to_parent(live, [scaler], api_version="apps/v1")
    assert owned(live) == {"hpa": {"f:spec": {"f:replicas": {}}}}


def custom_type():
    schema = {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
            "spec": {
                "type": "object",
                "properties": {
                    "size": {"type": "integer"},
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    "open": {
                        "type": "object",
                        "properties": {"known": {"type": "integer"}},
                        "x-kubernetes-preserve-unknown-fields": True,
                    },
                },
            },
        },
    }
    return types.Type("", schema, pack.load().type)


def test_a_custom_object_starts_empty_and_untyped_parts_are_owned_by_key():
    obj = {"metadata": {"name": "w"}, "spec": {"size": 1, "free": {"a": {"b": [1]}}}}
    new = updated(None, obj, type_=custom_type())
    free = {".": {}, "f:a": {".": {}, "f:b": {}}}
    assert owned(new) == {"m": {"f:spec": {".": {}, "f:size": {}, "f:free": free}}}


def test_fields_that_a_struct_lets_be_are_owned_by_name():
    obj = {
        "apiVersion": "x/v1",
        "kind": "W",
        "metadata": {"name": "w"},
        "spec": {"open": {"known": 1, "other": {"a": 1}}},
    }
    inside = {"f:known": {}, "f:other": {".": {}, "f:a": {}}}
    new = updated(None, {key: obj[key] for key in ("metadata", "spec")}, type_=custom_type())
    assert owned(new) == {"m": {"f:spec": {".": {}, "f:open": {".": {}, **inside}}}}
    again = applied(
        None, {"apiVersion": "x/v1", "kind": "W", **new, "metadata": {"name": "w"}}, "m", type_=custom_type()
    )
    assert owned(again) == {"m": {"f:spec": {"f:open": inside}}}


sets = st.recursive(
    st.just({}), lambda inner: st.dictionaries(st.sampled_from(["f:a", "f:b", "."]), inner, max_size=3), max_leaves=6
).map(lambda node: {key: value for key, value in node.items() if key != "."})


def normal(node):
    """`.` maps to nothing, and a member with nothing below is empty."""
    cleaned = {key: {} if key == "." else normal(value) for key, value in node.items()}
    return {} if set(cleaned) == {"."} else cleaned


def paths(node):
    return set(fieldset.members(node))


@given(sets.map(normal), sets.map(normal))
def test_field_sets_behave_like_sets_of_paths(left, right):
    left, right = {k: v for k, v in left.items() if k != "."}, {k: v for k, v in right.items() if k != "."}
    assert paths(fieldset.union(left, right)) == paths(left) | paths(right)
    assert paths(fieldset.difference(left, right)) == paths(left) - paths(right)
    assert paths(fieldset.intersection(left, right)) == paths(left) & paths(right)


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), min_size=1))
def test_applying_twice_is_applying_once(data):
    once = applied(None, config(**data), "one")
    assert applied(once, config(**data), "one", now=LATER) == once
