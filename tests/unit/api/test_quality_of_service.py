"""The quality of service follows from requests and limits."""

from typing import Any

import pytest

from pyk3s.api import quality_of_service

JSON = dict[str, Any]
WHOLE, HALF = {"cpu": "1", "memory": "1Gi"}, {"cpu": "500m", "memory": "512Mi"}


def container(requests: JSON | None = None, limits: JSON | None = None) -> JSON:
    return {"name": "m", "resources": {"requests": requests or {}, "limits": limits or {}}}


@pytest.mark.parametrize(
    ("requests", "limits", "name"),
    [
        (None, None, "BestEffort"),
        ({"cpu": "0"}, None, "BestEffort"),
        ({"example.com/x": "1"}, {"example.com/x": "1"}, "BestEffort"),
        ({"cpu": "1"}, None, "Burstable"),
        (WHOLE, {"cpu": "1000m", "memory": "1024Mi"}, "Guaranteed"),
        (None, WHOLE, "Guaranteed"),
        (None, {"cpu": "1"}, "Burstable"),
        ({"cpu": "0", "memory": "1Gi"}, WHOLE, "Burstable"),
        (HALF, WHOLE, "Burstable"),
    ],
)
def test_of_one_container(requests: JSON | None, limits: JSON | None, name: str) -> None:
    assert quality_of_service.of({"containers": [container(requests, limits)]}) == name


def test_every_container_counts_and_resources_of_the_pod_take_their_place() -> None:
    mixed = {"containers": [container(WHOLE, WHOLE)], "initContainers": [container()]}
    assert quality_of_service.of(mixed) == "Burstable"
    assert quality_of_service.of({**mixed, "resources": {"requests": HALF, "limits": HALF}}) == "Guaranteed"
