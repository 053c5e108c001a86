"""Defaults of the autoscaling group."""

from typing import Any

JSON = dict[str, Any]

CPU_PERCENT = 80
PERIOD_SECONDS = 15
OTHER_METRICS = "autoscaling.alpha.kubernetes.io/metrics"


def autoscaler(obj: JSON) -> None:
    """HorizontalPodAutoscaler of version 2."""
    spec = obj["spec"]
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": CPU_PERCENT}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        up, down = behavior.setdefault("scaleUp", {}), behavior.setdefault("scaleDown", {})
        up.setdefault("stabilizationWindowSeconds", 0)
        _rules(up, _percent(100), {"type": "Pods", "value": 4, "periodSeconds": PERIOD_SECONDS})
        _rules(down, _percent(100))


def _percent(value: int) -> JSON:
    return {"type": "Percent", "value": value, "periodSeconds": PERIOD_SECONDS}


def _rules(rules: JSON, *policies: JSON) -> None:
    rules.setdefault("selectPolicy", "Max")
    rules.setdefault("policies", sorted(policies, key=lambda policy: policy["type"] != "Pods"))


def autoscaler_v1(obj: JSON) -> None:
    """HorizontalPodAutoscaler of version 1, whose other metrics are in an annotation."""
    spec = obj["spec"]
    spec.setdefault("minReplicas", 1)
    if OTHER_METRICS not in obj["metadata"].get("annotations", {}):
        spec.setdefault("targetCPUUtilizationPercentage", CPU_PERCENT)


DEFAULTS = {"HorizontalPodAutoscaler v1": autoscaler_v1, "HorizontalPodAutoscaler v2": autoscaler}
