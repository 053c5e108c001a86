"""Horizontal pod autoscalers: version 2, which is stored, and version 1, which knows one CPU target only.

What version 1 has no field for travels in annotations, in a JSON form with flat targets: other metrics, their current
values, conditions and behaviour.
"""

from typing import Any

import msgspec

JSON = dict[str, Any]

PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, CURRENT, CONDITIONS, BEHAVIOR = (
    PREFIX + name for name in ("metrics", "current-metrics", "conditions", "behavior")
)


def to_v2(old: JSON) -> JSON:
    """Version 2 of a version 1 object."""
    new = _copied(old)
    annotations, spec, status = new["metadata"].pop("annotations", {}), new["spec"], new["status"]
    target = spec.pop("targetCPUUtilizationPercentage", None)
    metrics = [_metric(each) for each in _taken(annotations, METRICS, list)]
    if target is not None:
        cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}
        metrics.insert(0, {"type": "Resource", "resource": cpu})
    if metrics:
        spec["metrics"] = metrics
    if behavior := _taken(annotations, BEHAVIOR, dict):
        spec["behavior"] = behavior
    current = [_metric(each, current=True) for each in _taken(annotations, CURRENT, list)]
    used = status.pop("currentCPUUtilizationPercentage", None)
    if used is not None and not current:
        current = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used}}}]
    status["currentMetrics"] = current or None
    if conditions := _taken(annotations, CONDITIONS, list):
        status["conditions"] = conditions
    if annotations:
        new["metadata"]["annotations"] = annotations
    return new


def to_v1(old: JSON) -> JSON:
    """Version 1 of a version 2 object."""
    new = _copied(old)
    annotations, spec, status = new["metadata"].pop("annotations", {}), new["spec"], new["status"]
    others = []
    for metric in spec.pop("metrics", ()):
        utilization = _cpu_utilization(metric, "target")
        if utilization is not None and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = utilization
        else:
            others.append(_flat_metric(metric))
    _put(annotations, METRICS, others)
    _put(annotations, BEHAVIOR, spec.pop("behavior", None))
    current = status.pop("currentMetrics", None) or []
    for metric in current:
        if (used := _cpu_utilization(metric, "current")) is not None:
            status["currentCPUUtilizationPercentage"] = used
    _put(annotations, CURRENT, [_flat_metric(each, current=True) for each in current])
    _put(annotations, CONDITIONS, status.pop("conditions", None))
    if annotations:
        new["metadata"]["annotations"] = annotations
    return new


def _copied(obj: JSON) -> JSON:
    new = {**obj, "metadata": dict(obj["metadata"]), "spec": dict(obj["spec"]), "status": dict(obj.get("status", {}))}
    if "annotations" in new["metadata"]:
        new["metadata"]["annotations"] = dict(new["metadata"]["annotations"])
    return new


def _taken(annotations: JSON, name: str, wanted: type) -> Any:
    """The value of an annotation, which goes; empty if it is not what it should be."""
    try:
        value = msgspec.json.decode(annotations.pop(name, "null"))
    except msgspec.DecodeError:
        value = None
    return value if isinstance(value, wanted) else wanted()


def _put(annotations: JSON, name: str, value: Any) -> None:
    if value:
        annotations[name] = msgspec.json.encode(value).decode()


def _cpu_utilization(metric: JSON, side: str) -> int | None:
    resource = metric.get("resource", {}) if metric.get("type") == "Resource" else {}
    if resource.get("name") != "cpu":
        return None
    found: int | None = resource.get(side, {}).get("averageUtilization")
    return found


_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _flat_metric(metric: JSON, *, current: bool = False) -> JSON:
    """One metric in the flat form of the annotations."""
    source = _SOURCES.get(metric.get("type", ""), "")
    inner = metric.get(source)
    if inner is None:
        return metric
    side = "current" if current else "target"
    values = inner.get(side, {})
    flat: JSON = {}
    for name in ("value", "averageValue", "averageUtilization"):
        if name in values:
            flat[_flat_name(source, side, name)] = values[name]
    if source in ("resource", "containerResource"):
        flat |= {name: inner[name] for name in ("name", "container") if name in inner}
    else:
        named = inner.get("metric", {})
        flat["metricName"] = named.get("name", "")
        if "selector" in named:
            flat["metricSelector" if source == "external" else "selector"] = named["selector"]
        if "describedObject" in inner:
            flat["target"] = inner["describedObject"]
    return {"type": metric["type"], source: flat}


def _metric(flat: JSON, *, current: bool = False) -> JSON:
    """One metric out of the flat form."""
    source = _SOURCES.get(flat.get("type", ""), "")
    inner = flat.get(source)
    if not isinstance(inner, dict):
        return flat
    side = "current" if current else "target"
    values: JSON = {}
    for name, kind in (("averageUtilization", "Utilization"), ("averageValue", "AverageValue"), ("value", "Value")):
        found = inner.get(_flat_name(source, side, name))
        if found is not None:
            values[name] = found
            if not current and found != "0":
                values["type"] = kind
    made: JSON = {side: values}
    if source in ("resource", "containerResource"):
        made |= {name: inner[name] for name in ("name", "container") if name in inner}
    else:
        made["metric"] = {"name": inner.get("metricName", "")}
        selector = inner.get("metricSelector" if source == "external" else "selector")
        if selector is not None:
            made["metric"]["selector"] = selector
        if "target" in inner:
            made["describedObject"] = inner["target"]
    return {"type": flat["type"], source: made}


def _flat_name(source: str, side: str, name: str) -> str:
    """`averageValue` of the target of a resource is `targetAverageValue`; of an object it stays as it is."""
    if source == "object" and name == "averageValue":
        return name
    return side + name[0].upper() + name[1:]
