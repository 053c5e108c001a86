import pytest

from pyk3s.crictl import showing
from pyk3s.lib.failure import Failure


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3600, "About an hour"),
        (7200, "2 hours"),
        (47 * 3600, "47 hours"),
        (3 * 86400, "3 days"),
        (21 * 86400, "3 weeks"),
        (90 * 86400, "3 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_spans_are_told_in_one_unit(seconds, words):
    assert showing.span(seconds) == words


def test_sizes_have_a_decimal_unit():
    assert showing.size(1_842_113, 3) == "1.84MB"
    assert showing.size(0, 3) == "0B"


def test_columns_are_at_least_20_wide_and_the_last_is_not_filled():
    assert showing.table([("A", "B"), ("x" * 20, "y")]) == f"A{' ' * 22}B\n{'x' * 20}   y"
    assert showing.table([("A", "B")]) == f"A{' ' * 19}B"


def test_messages_are_written_as_protobuf_has_them_in_json():
    told = showing.plain("Container", {"id": "c1", "state": 1, "created_at": 5, "metadata": {"name": "main"}})
    assert told["state"] == "CONTAINER_RUNNING"
    assert told["createdAt"] == "5"
    assert told["podSandboxId"] == ""
    assert told["metadata"] == {"name": "main", "attempt": 0}
    assert told["image"] is None
    assert told["labels"] == {}


def test_times_of_a_status_are_written_out_and_words_of_the_runtime_unfolded():
    status = {"state": 2, "created_at": 1_700_000_000_000_000_001}
    told = showing.detailed("ContainerStatus", status, {"info": '{"pid": 7}', "note": "free text"})
    assert told["status"]["createdAt"] == "2023-11-14T22:13:20.000000001Z"
    assert told["status"]["startedAt"] == "0001-01-01T00:00:00Z"
    assert told["info"] == {"pid": 7}
    assert told["note"] == "free text"


def test_other_forms_are_refused():
    with pytest.raises(Failure, match="supported are table, json, yaml"):
        showing.document({}, "go-template")
