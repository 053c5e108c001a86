"""Resizing: cpu and memory of containers, never the quality of service."""

from typing import Any

JSON = dict[str, Any]


def pod(requests: JSON | None = None, limits: JSON | None = None) -> JSON:
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return {"spec": {"containers": [{"name": "m", "image": "x", "resources": resources}]}}


def test_a_request_may_grow(said_of_update) -> None:
    assert said_of_update("pods", pod({"cpu": "1"}), pod({"cpu": "2"}), "resize") == []


def test_the_quality_of_service_stays(said_of_update) -> None:
    assert said_of_update("pods", pod(), pod({"cpu": "1"}), "resize") == [
        'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'
    ]


def test_requests_are_not_taken_away(said_of_update) -> None:
    found = said_of_update("pods", pod({"cpu": "1", "memory": "1Gi"}), pod({"cpu": "1"}), "resize")
    assert found == ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"]


def test_other_resources_are_fixed(said_of_update) -> None:
    def with_disk(size: str) -> JSON:
        return pod({"cpu": "1", "ephemeral-storage": size})

    assert said_of_update("pods", with_disk("1Gi"), with_disk("2Gi"), "resize") == [
        "spec: Forbidden: only cpu and memory resources for containers are mutable"
    ]
