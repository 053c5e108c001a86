"""What cells show in common: ages, selectors, lists cut short, containers of a template."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyk3s.lib import timestamps

JSON = dict[str, Any]

NONE, UNSET, UNKNOWN = "<none>", "<unset>", "<unknown>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def age(obj: JSON, now: float) -> str:
    """Since when an object exists."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(timestamp: str | None, now: float) -> str:
    """How long ago a time is, or that nobody knows."""
    return duration(now - timestamps.parse_rfc3339(timestamp)) if timestamp else UNKNOWN


def duration(seconds: float) -> str:
    """Seconds as people read them: two units at most, and one where the second would not matter."""
    if seconds < 0:
        return "<invalid>" if seconds < -1 else "0s"
    whole = int(seconds)
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two(whole, _YEAR, "y", _DAY, "d")
    return f"{whole // _YEAR}y"


def _two(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large}{large_unit}" + (f"{rest}{small_unit}" if rest else "")


def labels(value: Mapping[str, str] | None) -> str:
    """`a=b,c=d`, or that there are none."""
    return ",".join(f"{key}={value[key]}" for key in sorted(value)) if value else NONE


def selector(value: JSON | None) -> str:
    """A LabelSelector in the text form of label selectors."""
    if not value:
        return NONE
    terms = [(key, f"{key}={label}") for key, label in (value.get("matchLabels") or {}).items()]
    for each in value.get("matchExpressions") or ():
        key, listed = each["key"], ",".join(sorted(each.get("values") or ()))
        forms = {"In": f"{key} in ({listed})", "NotIn": f"{key} notin ({listed})", "DoesNotExist": f"!{key}"}
        terms.append((key, forms.get(each["operator"], key)))
    return ",".join(text for _, text in sorted(terms)) or NONE


def first_three(items: Sequence[str], *, empty: str, most: int = 3) -> str:
    """A list cut short."""
    if not items:
        return empty
    more = f" + {len(items) - most} more..." if len(items) > most else ""
    return ",".join(items[:most]) + more


def containers(template: JSON | None) -> list[str]:
    """Names and images of a template's containers: two cells."""
    listed = ((template or {}).get("spec") or {}).get("containers") or []
    return [",".join(each.get("name", "") for each in listed), ",".join(each.get("image", "") for each in listed)]


def condition(obj: JSON, type_: str) -> JSON | None:
    """A condition of an object's status."""
    return next((each for each in status(obj).get("conditions") or () if each.get("type") == type_), None)


def holds(obj: JSON, type_: str) -> bool:
    """Whether a condition is there and true."""
    found = condition(obj, type_)
    return found is not None and found.get("status") == "True"


def spec(obj: JSON) -> JSON:
    found: JSON = obj.get("spec") or {}
    return found


def status(obj: JSON) -> JSON:
    found: JSON = obj.get("status") or {}
    return found


def joined(items: Iterable[str] | None, *, empty: str = "") -> str:
    return ",".join(items or ()) or empty
