"""Conversion of the kinds that are stored in another form."""

import json
from typing import Any

from pyk3s.api import conversion, decoding, defaulting
from pyk3s.api.catalog import Resource
from pyk3s.api.schema import pack


def resource(group: str, version: str, plural: str) -> Resource:
    found = pack.load().catalog.find(group, version, plural)
    assert found is not None
    return found


def made(target: Resource, obj: dict[str, Any]) -> dict[str, Any]:
    kept, _ = decoding.read(target, json.dumps(obj).encode(), "application/json", "Strict")
    defaulting.apply_defaults(target, kept)
    return kept


NEW_EVENTS, OLD_EVENTS = resource("events.k8s.io", "v1", "events"), resource("", "v1", "events")
V1 = resource("autoscaling", "v1", "horizontalpodautoscalers")
V2 = resource("autoscaling", "v2", "horizontalpodautoscalers")


def test_events_change_names_and_nothing_else() -> None:
    event = made(
        NEW_EVENTS, {"metadata": {"name": "e"}, "note": "bound", "reportingController": "x", "reason": "Bound"}
    )
    core = conversion.convert(event, OLD_EVENTS)
    assert core["message"] == "bound" and core["reportingComponent"] == "x" and core["source"] == {}
    assert "note" not in core
    assert conversion.convert(core, NEW_EVENTS) == event


def test_an_object_that_has_the_form_already_is_itself() -> None:
    event = made(OLD_EVENTS, {"metadata": {"name": "e"}})
    assert conversion.convert(event, OLD_EVENTS) is event


def test_a_cpu_target_becomes_a_metric_and_comes_back() -> None:
    old = made(
        V1,
        {
            "spec": {
                "scaleTargetRef": {"kind": "D", "name": "w"},
                "maxReplicas": 3,
                "targetCPUUtilizationPercentage": 70,
            }
        },
    )
    new = conversion.convert(old, V2)
    target = {"type": "Utilization", "averageUtilization": 70}
    assert new["spec"]["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    assert new["status"]["currentMetrics"] is None
    assert conversion.convert(new, V1) == old


def test_what_version_1_cannot_say_travels_in_annotations() -> None:
    metrics = [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}},
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "5"}}},
        {
            "type": "Object",
            "object": {
                "metric": {"name": "hits", "selector": {"matchLabels": {"a": "b"}}},
                "describedObject": {"kind": "Ingress", "name": "i"},
                "target": {"type": "Value", "value": "10"},
            },
        },
        {
            "type": "External",
            "external": {"metric": {"name": "q"}, "target": {"type": "AverageValue", "averageValue": "3"}},
        },
    ]
    spec = {"scaleTargetRef": {"kind": "D", "name": "w"}, "maxReplicas": 3, "metrics": metrics, "behavior": {}}
    new = made(V2, {"metadata": {"name": "h", "annotations": {"mine": "1"}}, "spec": spec})
    old = conversion.convert(new, V1)
    assert old["spec"]["targetCPUUtilizationPercentage"] == 60 and "metrics" not in old["spec"]
    flat = json.loads(old["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"])
    assert flat[0] == {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}}
    assert conversion.convert(old, V2) == new


def test_version_1_without_any_metric_targets_the_usual_cpu_share() -> None:
    old = made(V1, {"spec": {"scaleTargetRef": {"kind": "D", "name": "w"}, "maxReplicas": 3}})
    assert old["spec"]["targetCPUUtilizationPercentage"] == 80
