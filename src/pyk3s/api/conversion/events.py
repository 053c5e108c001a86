"""Events: the core group's form, which is stored, and that of events.k8s.io, whose fields have other names."""

from typing import Any

JSON = dict[str, Any]

_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_BACK = {new: old for old, new in _NAMES.items()}


def from_core(event: JSON) -> JSON:
    return {_NAMES.get(name, name): value for name, value in event.items()}


def to_core(event: JSON) -> JSON:
    return {_BACK.get(name, name): value for name, value in event.items()}
