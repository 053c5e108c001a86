"""Defaults of the scheduling group."""

from typing import Any

JSON = dict[str, Any]


def priority_class(obj: JSON) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


DEFAULTS = {"PriorityClass": priority_class}
