"""The table of horizontal pod autoscalers, of either version."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, Column, shows

JSON = dict[str, Any]

MOST_METRICS = 2


def columns(version: str) -> tuple[Column, ...]:
    """All descriptions are those of v2, but for the lower limit, which each version describes itself."""
    spec, status = "autoscaling.v2.HorizontalPodAutoscalerSpec", "autoscaling.v2.HorizontalPodAutoscalerStatus"
    return (
        NAME,
        shows("Reference", f"{spec}.scaleTargetRef"),
        shows("Targets", f"{spec}.metrics"),
        shows("MinPods", f"autoscaling.{version}.HorizontalPodAutoscalerSpec.minReplicas"),
        shows("MaxPods", f"{spec}.maxReplicas"),
        shows("Replicas", f"{status}.currentReplicas"),
        AGE,
    )


def row(obj: JSON, now: float) -> list[Any]:
    spec, status = cells.spec(obj), cells.status(obj)
    target, least = spec.get("scaleTargetRef") or {}, spec.get("minReplicas")
    return [
        obj["metadata"]["name"],
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _targets(obj),
        cells.UNSET if least is None else str(least),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        cells.age(obj, now),
    ]


def _targets(obj: JSON) -> str:
    spec, status = cells.spec(obj), cells.status(obj)
    percent = spec.get("targetCPUUtilizationPercentage")
    if percent is not None:
        current = status.get("currentCPUUtilizationPercentage")
        return f"cpu: {cells.UNKNOWN if current is None else f'{current}%'}/{percent}%"
    wanted, found = spec.get("metrics") or [], status.get("currentMetrics") or []
    shown = [_metric(each, found[index] if index < len(found) else {}) for index, each in enumerate(wanted)]
    if not shown:
        return cells.NONE
    more = f" + {len(shown) - MOST_METRICS} more..." if len(shown) > MOST_METRICS else ""
    return ", ".join(shown[:MOST_METRICS]) + more


_FIELDS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def _metric(wanted: JSON, found: JSON) -> str:
    """`cpu: 12%/80%`, `5/10`, `5/10 (avg)`."""
    field = _FIELDS.get(wanted.get("type", ""))
    if field is None:
        return "<unknown type>"
    source = wanted.get(field) or {}
    target, current = source.get("target") or {}, (found.get(field) or {}).get("current") or {}
    named = f"{source['name']}: " if field in ("resource", "containerResource") else ""
    if target.get("averageUtilization") is not None:
        percent = current.get("averageUtilization")
        return f"{named}{cells.UNKNOWN if percent is None else f'{percent}%'}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        average = " (avg)" if field in ("object", "external") else ""
        return f"{named}{current.get('averageValue') or cells.UNKNOWN}/{target['averageValue']}{average}"
    return f"{named}{current.get('value') or cells.UNKNOWN}/{target.get('value', '<auto>')}"
