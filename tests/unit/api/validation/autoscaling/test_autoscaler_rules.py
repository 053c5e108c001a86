"""HorizontalPodAutoscalers: their metrics and targets."""

from typing import Any

JSON = dict[str, Any]
RESOURCE = "horizontalpodautoscalers.autoscaling"
METRICS = "spec.metrics[0]"


def scaler(*metrics: JSON, **spec: Any) -> JSON:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "apiVersion": "autoscaling/v2",
        "spec": {"scaleTargetRef": reference, "maxReplicas": 3, "metrics": list(metrics), **spec},
    }


def test_an_unknown_source_is_told_in_both_places(said) -> None:
    told = 'Unsupported value: "Odd": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'
    assert said(RESOURCE, scaler({"type": "Odd"})) == [f"{METRICS}.type: {told}"] * 2


def test_only_the_source_of_the_type_may_stand_there(said) -> None:
    pods = {"metric": {"name": "x"}, "target": {"type": "AverageValue", "averageValue": "1"}}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}}
    found = said(RESOURCE, scaler({"type": "Resource", "resource": cpu, "pods": pods}))
    assert found == [f"{METRICS}.pods: Forbidden: must populate the given metric source only"]


def test_a_target_has_a_known_type(said) -> None:
    target = {"type": "Odd", "averageUtilization": 5}
    found = said(RESOURCE, scaler({"type": "Resource", "resource": {"name": "cpu", "target": target}}))
    told = 'Invalid value: "Odd": must be either Utilization, Value, or AverageValue'
    assert found == [f"{METRICS}.resource.target.type: {told}"]


def test_an_external_metric_has_one_target(said) -> None:
    target = {"type": "Value", "value": "1", "averageValue": "1"}
    found = said(RESOURCE, scaler({"type": "External", "external": {"metric": {"name": "x"}, "target": target}}))
    told = "may not set both a target value for metric and a per-pod target"
    assert found == [f"{METRICS}.external.target.value: Forbidden: {told}"]
