"""The types that rules see of a schema, and the names under which they see fields."""

import pytest

from pyk3s.api.customresources import declaring

NAMES = {
    "plain": "plain",
    "a.b": "a__dot__b",
    "a-b": "a__dash__b",
    "a/b": "a__slash__b",
    "a__b": "a__underscores__b",
    "namespace": "__namespace__",
    "int": "int",
}


@pytest.mark.parametrize(("name", "escaped"), NAMES.items())
def test_names_are_escaped_and_back(name: str, escaped: str) -> None:
    assert declaring.escape(name) == escaped
    assert declaring.unescape(escaped) == name


def test_a_name_that_no_expression_can_say_is_not_visible() -> None:
    assert declaring.escape("a b") is None
    assert declaring.escape("1a") is None


def test_sizes_follow_from_bounds_or_from_what_fits_into_a_request() -> None:
    text = {"type": "string", "maxLength": 10}
    bounded = declaring.declared({"type": "array", "maxItems": 5, "items": text}, whole=False)
    free = declaring.declared({"type": "array", "items": text}, whole=False)
    assert bounded is not None and (bounded.most, bounded.element and bounded.element.most) == (5, 40)
    assert free is not None and free.most == (3 * 1024 * 1024 - 2) // 3


def test_fields_of_unknown_type_are_not_visible() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"x-kubernetes-preserve-unknown-fields": True}, "b": {"type": "integer"}},
    }
    made = declaring.declared(schema, whole=False)
    assert made is not None and set(made.fields) == {"b"}


def test_a_whole_object_has_its_name() -> None:
    made = declaring.declared({"type": "object"}, whole=True)
    assert made is not None and set(made.fields["metadata"].fields) == {"name", "generateName"}
