"""When an APIService counts as available."""

from typing import Any

import pytest

from pyk3s.apiserver.aggregation import conditions

SPEC = {"service": {"namespace": "ns", "name": "api", "port": 443}}
SERVICE = {"spec": {"ports": [{"port": 443, "name": "https"}]}}


def endpoints(**changed: Any) -> dict[str, Any]:
    ready = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}}
    return {"ports": [{"name": "https", "port": 8443}], "endpoints": [ready], **changed}


@pytest.mark.parametrize(
    ("service", "slices", "reason"),
    [
        (None, [], "ServiceNotFound"),
        ({"spec": {"ports": [{"port": 80}]}}, [endpoints()], "ServicePortError"),
        (SERVICE, [], "EndpointsNotFound"),
        (SERVICE, [endpoints(endpoints=[])], "MissingEndpoints"),
        (SERVICE, [endpoints(ports=[{"name": "http", "port": 1}])], "MissingEndpoints"),
        (
            SERVICE,
            [endpoints(endpoints=[{"addresses": ["1.2.3.4"], "conditions": {"ready": False}}])],
            "MissingEndpoints",
        ),
    ],
)
def test_a_service_that_leads_nowhere_says_why(
    service: dict[str, Any] | None, slices: list[dict[str, Any]], reason: str
) -> None:
    verdict = conditions.of_service(SPEC, service, slices)
    assert verdict is not None
    assert (verdict.status, verdict.reason) == ("False", reason)


def test_nothing_speaks_against_a_service_with_a_ready_endpoint() -> None:
    assert conditions.of_service(SPEC, SERVICE, [endpoints()]) is None


def test_the_time_of_transition_changes_with_the_status_only() -> None:
    first = conditions.settled({}, conditions.unreachable("a", "b"), "t1")
    assert first is not None
    second = conditions.settled({"status": first}, conditions.unreachable("a", "c"), "t2")
    assert second is not None
    assert second["conditions"][0]["lastTransitionTime"] == "t1"
    third = conditions.settled({"status": second}, conditions.PASSED, "t3")
    assert third is not None
    assert third["conditions"][0]["lastTransitionTime"] == "t3"
    assert conditions.settled({"status": third}, conditions.PASSED, "t4") is None
