"""Names that the server makes up."""

import re
import uuid

import pytest

from pyk3s.apiserver.registry import creation, registry


def test_a_suffix_has_five_characters_that_make_no_words():
    assert all(re.fullmatch("[bcdfghjklmnpqrstvwxz2456789]{5}", registry.suffix()) for _ in range(100))


@pytest.mark.parametrize(("number", "text"), [(0, "bbbbb"), (27**5 - 1, "99999"), (1, "cbbbb")])
def test_every_suffix_can_be_drawn(monkeypatch, number, text):
    monkeypatch.setattr(registry.randomness, "draw", lambda: number.to_bytes(16))
    assert registry.suffix() == text


def test_a_long_prefix_is_cut_so_that_the_name_fits_a_label():
    assert len(registry.generated_name("x" * 100)) == 63


def test_a_uid_is_a_random_uuid():
    drawn = [uuid.UUID(creation.new_uid()) for _ in range(200)]
    assert {(each.version, each.variant) for each in drawn} == {(4, uuid.RFC_4122)}
    assert len({each.bytes[8] >> 4 for each in drawn}) == 4
    assert len(set(drawn)) == len(drawn)
