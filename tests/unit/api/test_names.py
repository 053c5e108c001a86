"""Names and keys: what passes, and what is said of what does not."""

import pytest

from pyk3s.api import names


@pytest.mark.parametrize("value", ["a", "a-1", "1a", "x" * 63])
def test_a_label_is_lower_case_letters_digits_and_inner_hyphens(value: str) -> None:
    assert names.label(value) == ()


@pytest.mark.parametrize("value", ["", "A", "-a", "a-", "a_b", "é", "a\n"])
def test_anything_else_is_no_label(value: str) -> None:
    assert names.label(value) == (names.LABEL_MESSAGE,)


def test_a_subdomain_in_the_place_of_a_label_is_told_of_its_dots() -> None:
    assert names.label("a.b") == ("must not contain dots",)


def test_a_long_label_is_told_its_length_first() -> None:
    assert names.label("A" * 64) == ("must be no more than 63 characters", names.LABEL_MESSAGE)


def test_a_subdomain_has_labels_between_dots() -> None:
    assert names.subdomain("a.b-c.d") == ()
    assert names.subdomain("a..b") == (names.SUBDOMAIN_MESSAGE,)
    assert names.subdomain("a." * 127 + "a") == ("must be no more than 253 characters",)


def test_a_long_hostile_name_is_refused_quickly_and_not_kept() -> None:
    kept = names.subdomain.__self__
    before = len(kept)
    assert len(names.subdomain("a." * 200_000 + "!")) == 2
    assert len(kept) == before


def test_verdicts_are_kept_but_not_without_end() -> None:
    asked: list[str] = []

    @names._memoised(2)
    def check(value: str) -> names.Messages:
        asked.append(value)
        return (value,)

    assert [check(value) for value in "abab"] == [("a",), ("b",)] * 2
    assert asked == ["a", "b"]
    assert [check(value) for value in "cc"] == [("c",)] * 2
    assert len(check.__self__) == 1


@pytest.mark.parametrize("value", ["a", "A_b.c", "example.com/Name", "x" * 63])
def test_a_qualified_name_may_have_a_domain(value: str) -> None:
    assert names.qualified_name(value) == ()


@pytest.mark.parametrize(
    ("value", "beginning"),
    [
        ("/x", "prefix part must be non-empty"),
        ("Bad_/x", "prefix part a lowercase RFC 1123 subdomain"),
        ("a/", "name part must be non-empty"),
        ("a/b/c", "a qualified name must consist of"),
        ("x" * 64, "name part must be no more than 63 bytes"),
        ("a b", "name part must consist of"),
    ],
)
def test_what_is_wrong_with_a_qualified_name_is_said_of_its_part(value: str, beginning: str) -> None:
    assert names.qualified_name(value)[0].startswith(beginning)


def test_a_label_value_may_be_empty_but_not_long() -> None:
    assert names.label_value("") == ()
    assert names.label_value("v" * 64) == ("must be no more than 63 bytes",)
    assert names.label_value("-x") == (names.LABEL_VALUE_MESSAGE,)


def test_the_length_of_a_label_value_counts_bytes() -> None:
    assert names.label_value("é" * 32)[0] == "must be no more than 63 bytes"


@pytest.mark.parametrize("value", ["a/b", "a%b", ".", ".."])
def test_a_path_segment_fits_into_a_url(value: str) -> None:
    assert names.path_segment(value)


def test_names_of_roles_may_hold_colons() -> None:
    assert names.path_segment("system:node") == ()


def test_a_config_key_may_not_lead_out_of_its_folder() -> None:
    assert names.config_key("..") == ("must not be '..'",)
    assert names.config_key("..a") == ("must not start with '..'",)
    assert names.config_key("a.b_C-1") == ()


def test_a_variable_has_any_printable_name_without_equals() -> None:
    assert names.env_name("a b.c") == ()
    assert names.env_name("a=b") == (names.ENV_NAME_MESSAGE,)
    assert names.env_name("ä") == (names.ENV_NAME_MESSAGE,)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("much-too-long-name", "must be no more than 15 characters"),
        ("Http", "must contain only alphanumeric characters (a-z, 0-9), and hyphens (-)"),
        ("80", "must contain at least one letter (a-z)"),
        ("a--b", "must not contain consecutive hyphens"),
        ("a-", "must not begin or end with a hyphen"),
    ],
)
def test_a_port_name_is_a_service_name_of_iana(value: str, message: str) -> None:
    assert names.port_name(value) == (message,)


def test_a_generated_name_may_end_in_a_dash_where_more_follows() -> None:
    assert names.for_prefix(names.subdomain, "web-") == ()
    assert names.for_prefix(names.subdomain, "Web-") == (names.SUBDOMAIN_MESSAGE,)
    assert names.for_prefix(names.path_segment, "..") == ()
