"""Tables of the core group (without pods, storage and networks) and of events."""

from collections.abc import Mapping
from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, says, shows

JSON = dict[str, Any]

CONFIG_MAP = (NAME, shows("Data", "core.v1.ConfigMap.data"), AGE)


def config_map(obj: JSON, now: float) -> list[Any]:
    count = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], count, cells.age(obj, now)]


SECRET = (NAME, shows("Type", "core.v1.Secret.type"), shows("Data", "core.v1.Secret.data"), AGE)


def secret(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), cells.age(obj, now)]


NAMESPACE = (NAME, says("Status", "The status of the namespace"), AGE)


def namespace(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], cells.status(obj).get("phase", ""), cells.age(obj, now)]


NODE = (
    NAME,
    says("Status", "The status of the node"),
    says("Roles", "The roles of the node"),
    AGE,
    shows("Version", "core.v1.NodeSystemInfo.kubeletVersion"),
    shows("Internal-IP", "core.v1.NodeStatus.addresses", priority=1),
    shows("External-IP", "core.v1.NodeStatus.addresses", priority=1),
    shows("OS-Image", "core.v1.NodeSystemInfo.osImage", priority=1),
    shows("Kernel-Version", "core.v1.NodeSystemInfo.kernelVersion", priority=1),
    shows("Container-Runtime", "core.v1.NodeSystemInfo.containerRuntimeVersion", priority=1),
)
_ROLE_PREFIX = "node-role.kubernetes.io/"


def node(obj: JSON, now: float) -> list[Any]:
    info = cells.status(obj).get("nodeInfo") or {}
    return [
        obj["metadata"]["name"],
        _node_status(obj),
        _node_roles(obj["metadata"].get("labels") or {}),
        cells.age(obj, now),
        info.get("kubeletVersion", ""),
        _address(obj, "InternalIP"),
        _address(obj, "ExternalIP"),
        info.get("osImage") or cells.UNKNOWN,
        _kernel(info),
        info.get("containerRuntimeVersion") or cells.UNKNOWN,
    ]


def _node_status(obj: JSON) -> str:
    ready = cells.condition(obj, "Ready")
    words = ["Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"]
    if cells.spec(obj).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _node_roles(labels: Mapping[str, str]) -> str:
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    roles.add(labels.get("kubernetes.io/role", ""))
    return ",".join(sorted(filter(None, roles))) or cells.NONE


def _address(obj: JSON, type_: str) -> str:
    addresses = cells.status(obj).get("addresses") or ()
    return next((each["address"] for each in addresses if each.get("type") == type_), cells.NONE)


def _kernel(info: JSON) -> str:
    kernel, architecture = info.get("kernelVersion") or cells.UNKNOWN, info.get("architecture")
    return f"{kernel} ({architecture})" if architecture else kernel


RESOURCE_QUOTA = (
    NAME,
    says("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
    says(
        "Limit",
        "Limits control the maximum amount of cpu/memory that a container may use"
        " independent of contention on the node.",
    ),
    AGE,
)


def resource_quota(obj: JSON, now: float) -> list[Any]:
    hard, used = cells.status(obj).get("hard") or {}, cells.status(obj).get("used") or {}
    shown = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    requests = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [obj["metadata"]["name"], ", ".join(requests), ", ".join(limits), cells.age(obj, now)]


_EVENT = "core.v1.Event"
EVENT = (
    shows("Last Seen", f"{_EVENT}.lastTimestamp"),
    shows("Type", f"{_EVENT}.type"),
    shows("Reason", f"{_EVENT}.reason"),
    shows("Object", f"{_EVENT}.involvedObject"),
    shows("Subobject", "core.v1.ObjectReference.fieldPath", priority=1),
    shows("Source", f"{_EVENT}.source", priority=1),
    shows("Message", f"{_EVENT}.message"),
    shows("First Seen", f"{_EVENT}.firstTimestamp", priority=1),
    shows("Count", f"{_EVENT}.count", priority=1),
    NAME._replace(priority=1),
)


def event(obj: JSON, now: float) -> list[Any]:
    """Of either version: the newer one has the older one's fields under other names."""
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    kind = about.get("kind", "").lower()
    reporter = obj.get("reportingComponent") or obj.get("reportingController") or ""
    return [
        cells.since(series.get("lastObservedTime") or last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{kind}/{about['name']}" if about.get("name") else kind,
        about.get("fieldPath", ""),
        ", ".join(
            filter(None, (source.get("component") or reporter, source.get("host") or obj.get("reportingInstance")))
        ),
        (obj.get("message") or obj.get("note") or "").strip(),
        cells.since(first, now),
        series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1,
        obj["metadata"]["name"],
    ]
