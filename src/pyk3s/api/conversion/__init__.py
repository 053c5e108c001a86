"""Built-in kinds that are kept in another form than they are served in: events and horizontal pod autoscalers.

`convert` is pure and lossless both ways. A converted object is conformed to its new type, so that what that type always
prints is there. Custom resources are shown in a version by their kind.
"""

from collections.abc import Callable
from typing import Any

from pyk3s.api import decoding
from pyk3s.api.catalog import Resource
from pyk3s.api.conversion import autoscalers, events

JSON = dict[str, Any]

# (kind, from apiVersion, to apiVersion) -> new object made of the old one, which is not changed
_CONVERSIONS: dict[tuple[str, str, str], Callable[[JSON], JSON]] = {
    ("Event", "v1", "events.k8s.io/v1"): events.from_core,
    ("Event", "events.k8s.io/v1", "v1"): events.to_core,
    ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"): autoscalers.to_v2,
    ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1"): autoscalers.to_v1,
}


def convert(obj: JSON, target: Resource) -> JSON:
    """The object in the form of `target`; itself if it has that form already. Raises KeyError for unknown ways."""
    if target.custom is not None:
        return target.custom.shown(obj, target.api_version)
    if obj["apiVersion"] == target.api_version:
        return obj
    made = _CONVERSIONS[obj["kind"], obj["apiVersion"], target.api_version](obj)
    made["apiVersion"] = target.api_version
    decoding.conform(target, made, "Ignore")
    return made
