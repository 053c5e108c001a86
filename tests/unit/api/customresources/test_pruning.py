import pytest

from pyk3s.api.customresources import pruning
from pyk3s.api.schema import explaining

SIZED = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}


def test_unknown_fields_go_and_are_told_with_their_paths():
    obj = {"metadata": {}, "spec": {"size": 1, "extra": {"x": 1}}, "other": 2}
    assert pruning.prune(obj, SIZED) == ["spec.extra", "other"]
    assert obj == {"metadata": {}, "spec": {"size": 1}}


def test_items_of_lists_and_values_of_maps_are_pruned():
    item = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = {
        "type": "object",
        "properties": {"l": {"type": "array", "items": item}, "m": {"additionalProperties": item}},
    }
    obj = {"l": [{"a": "x", "b": 1}], "m": {"k": {"a": "y", "c": 2}}}
    assert pruning.prune(obj, schema) == ["l[0].b", "m.k.c"]
    assert obj == {"l": [{"a": "x"}], "m": {"k": {"a": "y"}}}


def test_what_is_to_be_preserved_stays_and_what_is_known_in_it_is_still_pruned():
    known = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"known": known}}
    obj = {"any": {"deep": [None]}, "known": {"a": "x", "b": 1}}
    assert pruning.prune(obj, schema) == ["known.b"]
    assert obj == {"any": {"deep": [None]}, "known": {"a": "x"}}


def test_nulls_go_unless_they_are_allowed_or_a_default_takes_their_place():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string", "nullable": True}, "c": {"default": 1}},
    }
    obj = {"a": None, "b": None, "c": None}
    pruning.prune(obj, schema)
    assert obj == {"b": None, "c": None}


def test_an_embedded_object_keeps_its_identity():
    schema = {"type": "object", "properties": {"t": {"type": "object", "x-kubernetes-embedded-resource": True}}}
    obj = {"t": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "nope": 1}, "x": 1}}
    assert pruning.prune(obj, schema) == ["t.metadata.nope", "t.x"]
    assert obj == {"t": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}}


def test_metadata_that_is_none_is_refused():
    with pytest.raises(explaining.DoesNotFit):
        pruning.prune({"metadata": {"labels": {"a": 1}}}, SIZED)
