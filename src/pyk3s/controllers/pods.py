"""Facts about pods that controllers decide by, and the making of pods from templates. Pure."""

from typing import Any

import msgspec

from pyk3s.client import objects as client_objects
from pyk3s.controllers.objects import Pod, condition
from pyk3s.lib import timestamps

FINISHED = ("Succeeded", "Failed")


def is_finished(pod: Pod) -> bool:
    return pod.status.phase in FINISHED


def is_active(pod: Pod) -> bool:
    """Counts as a replica: neither finished nor being deleted."""
    return not is_finished(pod) and pod.metadata.deletion_timestamp is None


def is_ready(pod: Pod) -> bool:
    ready = condition(pod.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def available_in(pod: Pod, min_ready_s: int, now: float) -> float | None:
    """Seconds until a ready pod counts as available, 0 if it does already; None while it is not ready."""
    ready = condition(pod.status.conditions, "Ready")
    if ready is None or ready.status != "True":
        return None
    if not min_ready_s:
        return 0.0
    if ready.last_transition_time is None:
        return None
    return max(0.0, timestamps.parse_rfc3339(ready.last_transition_time) + min_ready_s - now)


def from_template(template: bytes | msgspec.Raw, owner: dict[str, Any], name_prefix: str) -> dict[str, Any]:
    """A pod as a template describes it, owned by `owner` and named by the server."""
    decoded = msgspec.json.decode(template)
    described = decoded.get("metadata") or {}
    metadata: dict[str, Any] = {
        key: described[key] for key in ("labels", "annotations", "finalizers") if described.get(key)
    }
    metadata["generateName"] = name_prefix
    metadata["ownerReferences"] = [owner]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": decoded.get("spec") or {}}


def reference(pod: Pod) -> dict[str, Any]:
    return client_objects.reference("v1", "Pod", pod.metadata)
