"""Quantities: exact, canonical, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pyk3s.api import quantity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        ("0Gi", "0"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("1.", "1"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1e3", "1e3"),
        ("12E6", "12e6"),
        ("1E", "1E"),
        ("-1Gi", "-1Gi"),
        ("+1", "1"),
        ("100000", "100k"),
    ],
)
def test_a_quantity_has_one_canonical_spelling(text: str, canonical: str) -> None:
    assert quantity.canonical(text) == canonical


def test_what_is_finer_than_a_nano_is_rounded_away_from_zero() -> None:
    assert quantity.canonical("0.1n") == "1n"
    assert quantity.parse("-0.1n").nanos == -1


def test_what_is_too_large_is_cut() -> None:
    assert quantity.canonical("1e40") == "9223372036854775807"
    assert quantity.parse("9" * 200).nanos == quantity.MOST


@pytest.mark.parametrize("text", ["", "a", "1x", "1 Gi", "--1", "+", "1.2.3", "1Gj", "٣"])
def test_what_is_no_quantity_is_told_the_syntax(text: str) -> None:
    with pytest.raises(quantity.QuantityError, match="quantities must match"):
        quantity.parse(text)


@pytest.mark.parametrize("text", ["1e", "1KM", "1Kii"])
def test_an_unknown_suffix_is_named_as_such(text: str) -> None:
    with pytest.raises(quantity.QuantityError, match="suffix"):
        quantity.parse(text)


def test_an_endless_number_is_refused() -> None:
    with pytest.raises(quantity.QuantityError):
        quantity.parse("1" * 100_000)
    with pytest.raises(quantity.QuantityError):
        quantity.canonical("1" * 100_000)


def test_readings_are_not_kept_without_end() -> None:
    for number in range(2 * quantity._MOST_KEPT):
        assert quantity.parse(str(number)).value == number
    assert len(quantity.parse.__self__) <= quantity._MOST_KEPT


def test_quantities_compare_and_add_across_notations() -> None:
    one, other = quantity.parse("1Ki"), quantity.parse("1024")
    assert one == other
    assert quantity.parse("1500m") < quantity.parse("2")
    assert str(quantity.parse("1Gi") + quantity.parse("1Gi")) == "2Gi"
    assert str(quantity.parse("2") - quantity.parse("500m")) == "1500m"
    assert str(quantity.ZERO + quantity.parse("1Gi")) == "1Gi"


def test_whole_units_and_thousandths_are_rounded_up() -> None:
    assert (quantity.parse("1100m").value, quantity.parse("1100u").milli) == (2, 2)
    assert not quantity.parse("1100m").whole


@given(some.integers(-(10**15), 10**15), some.sampled_from(["", "m", "k", "M", "Ki", "Mi", "e3", "E-2"]))
def test_the_canonical_spelling_means_the_same_and_is_stable(number: int, suffix: str) -> None:
    parsed = quantity.parse(f"{number}{suffix}")
    assert quantity.parse(str(parsed)) == parsed
    assert quantity.canonical(str(parsed)) == str(parsed)
