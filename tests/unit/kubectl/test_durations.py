"""Durations are read and written as Go does."""

import pytest

from pyk3s.kubectl import durations


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("1h30m", 5400), ("500ms", 0.5), ("-1s", -1), ("1.5m", 90)])
def test_go_durations_are_read(text, seconds):
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "x", "1x", "1h x"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        durations.seconds(text)


def test_a_request_timeout_may_be_bare_seconds_and_zero_is_for_ever():
    assert durations.timeout("5") == 5
    assert durations.timeout("0") is None


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (90, "1m30s"), (3600, "1h0m0s")])
def test_whole_seconds_are_written_as_go_writes_them(seconds, text):
    assert durations.text(seconds) == text
