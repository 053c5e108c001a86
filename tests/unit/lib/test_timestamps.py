"""Times as the API writes them."""

from pyk3s.lib import timestamps


def test_a_fraction_of_a_second_is_cut_off():
    assert timestamps.rfc3339(1767225599.999) == "2025-12-31T23:59:59Z"


def test_times_before_1970_are_cut_downwards():
    assert timestamps.rfc3339(-0.5) == "1969-12-31T23:59:59Z"


def test_each_second_has_its_own_text():
    assert [timestamps.rfc3339(second) for second in (0, 1, 0)] == [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:01Z",
        "1970-01-01T00:00:00Z",
    ]
