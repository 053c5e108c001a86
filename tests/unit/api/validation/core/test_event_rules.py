"""Events: what the old form leaves open and the new one demands."""

from typing import Any

JSON = dict[str, Any]
NEW = "events.k8s.io/v1"
WHOLE = {
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "reportingInstance": "kubelet-1",
    "action": "Start",
    "reason": "Started",
}


def test_an_old_event_needs_no_more_than_its_namespace(said) -> None:
    assert said("events", {"involvedObject": {"namespace": "default"}, "type": "Odd"}) == []
    found = said("events", {"involvedObject": {"namespace": "elsewhere"}})
    assert found == ['involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace']


def test_an_event_with_a_time_is_complete(said) -> None:
    found = said("events", {"involvedObject": {"namespace": "default"}, **WHOLE, "action": ""})
    assert found[0] == "reportingComponent: Required value"
    assert found[-1] == "action: Required value"


def test_a_new_event_has_nothing_of_the_old_form(said) -> None:
    whole = {"apiVersion": NEW, "regarding": {"namespace": "default"}, "reportingController": "example.com/x", **WHOLE}
    assert said("events.events.k8s.io", {**whole, "type": "Normal"}) == []
    found = said("events.events.k8s.io", {**whole, "type": "Normal", "deprecatedCount": 3})
    assert found == ['count: Invalid value: "": needs to be unset']


def test_of_a_new_event_only_the_series_counts_on(said_of_update) -> None:
    old = {"regarding": {"namespace": "default"}, "reportingController": "a/b", "type": "Normal", **WHOLE}
    series = {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}
    assert said_of_update("events.events.k8s.io", old, {**old, "series": series}) == []
    (found,) = said_of_update("events.events.k8s.io", old, {**old, "reason": "Other"})
    assert found == 'reason: Invalid value: "Other": field is immutable'
