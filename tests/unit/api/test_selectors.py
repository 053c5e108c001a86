"""Label and field selectors: what they match, and what they refuse with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.api import selectors

LABELS = {"tier": "front", "n": "3", "blank": ""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tier=front",
        "tier == front",
        "tier!=back",
        "tier in (front,back)",
        "tier notin (back), n",
        "!absent",
        "absent!=x",
        "absent notin (x)",
        "n>2",
        "n<4",
        "blank=",
        "blank in (,x)",
        "tier=front,n in (3)",
        "tier in (in,front)",
    ],
)
def test_a_selector_matches(text):
    assert selectors.parse_labels(text).matches(LABELS)


@pytest.mark.parametrize(
    "text", ["tier=back", "!tier", "absent", "n>3", "tier>1", "tier in (back)", "tier notin (front)", "blank!="]
)
def test_a_selector_does_not_match(text):
    assert not selectors.parse_labels(text).matches(LABELS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tier near x", "unable to parse requirement: found 'near', expected: in, notin, =, ==, !=, gt, lt"),
        ("tier in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("tier in a", "unable to parse requirement: found 'a' expected: '('"),
        (
            "tier in ()",
            "unable to parse requirement: values: Invalid value: []:"
            " for 'in', 'notin' operators, values set can't be empty",
        ),
        ("a,", "found '', expected: identifier after ','"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a==(", "unable to parse requirement: found '(', expected: identifier"),
    ],
)
def test_a_bad_selector_is_refused_in_upstreams_words(text, message):
    with pytest.raises(selectors.SelectorError) as refused:
        selectors.parse_labels(text)
    assert str(refused.value) == message


@given(st.text(alphabet="ab=!(),<> in", max_size=20))
def test_any_text_is_parsed_or_refused(text):
    try:
        selectors.parse_labels(text).matches({"a": "b"})
    except selectors.SelectorError:
        pass


def test_no_selector_object_matches_nothing_and_an_empty_one_everything():
    assert not selectors.from_label_selector(None).matches(LABELS)
    assert selectors.from_label_selector({}).matches(None)


def test_a_selector_object_combines_labels_and_expressions():
    selector = selectors.from_label_selector(
        {"matchLabels": {"tier": "front"}, "matchExpressions": [{"key": "n", "operator": "NotIn", "values": ["4"]}]}
    )
    assert selector.matches(LABELS)
    assert not selector.matches({**LABELS, "n": "4"})


def test_field_selectors_compare_text_and_unescape():
    selector = selectors.parse_fields(r"metadata.name=a\,b,spec.nodeName!=n1")
    assert selector.matches({"metadata.name": "a,b", "spec.nodeName": ""})
    assert not selector.matches({"metadata.name": "a,b", "spec.nodeName": "n1"})
    assert selector.exact("metadata.name") == "a,b"
    assert selector.exact("spec.nodeName") is None


def test_a_field_selector_without_operator_is_refused():
    with pytest.raises(selectors.SelectorError, match="invalid selector: 'a=b,c'; can't understand 'c'"):
        selectors.parse_fields("a=b,c")
