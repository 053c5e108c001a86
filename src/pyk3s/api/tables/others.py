"""Tables of the small groups: policy, scheduling, coordination, node, resource, flowcontrol."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, says, shows

JSON = dict[str, Any]

DISRUPTION_BUDGET = (
    NAME,
    says("Min Available", "The minimum number of pods that must be available."),
    says("Max Unavailable", "The maximum number of pods that may be unavailable."),
    says("Allowed Disruptions", "Calculated number of pods that may be disrupted at this time.", "integer"),
    AGE,
)


def disruption_budget(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    return [
        obj["metadata"]["name"],
        "N/A" if least is None else str(least),
        "N/A" if most is None else str(most),
        cells.status(obj).get("disruptionsAllowed", 0),
        cells.age(obj, now),
    ]


_PRIORITY = "scheduling.v1.PriorityClass"
PRIORITY_CLASS = (
    NAME,
    shows("Value", f"{_PRIORITY}.value", "integer"),
    shows("Global-Default", f"{_PRIORITY}.globalDefault", "boolean"),
    AGE,
    shows("PreemptionPolicy", f"{_PRIORITY}.preemptionPolicy"),
)


def priority_class(obj: JSON, now: float) -> list[Any]:
    return [
        obj["metadata"]["name"],
        obj.get("value", 0),
        bool(obj.get("globalDefault")),
        cells.age(obj, now),
        obj.get("preemptionPolicy", ""),
    ]


COMPONENT = (
    NAME,
    says("Status", "Status of the component conditions"),
    says("Message", "Message of the component conditions"),
    says("Error", "Error of the component conditions"),
)


def component(obj: JSON, now: float) -> list[Any]:
    found: JSON = next((each for each in obj.get("conditions") or () if each.get("type") == "Healthy"), {})
    told = {"True": "Healthy", "": "Unknown"}.get(found.get("status", ""), "Unhealthy")
    return [obj["metadata"]["name"], told, found.get("message", ""), found.get("error", "")]


LEASE = (NAME, shows("Holder", "coordination.v1.LeaseSpec.holderIdentity"), AGE)


def lease(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], cells.spec(obj).get("holderIdentity") or "", cells.age(obj, now)]


RUNTIME_CLASS = (NAME, says("Handler", ""), AGE)


def runtime_class(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], obj.get("handler", ""), cells.age(obj, now)]


RESOURCE_CLAIM = (
    NAME,
    says("State", "A summary of the current state (allocated, pending, reserved, etc.)."),
    AGE,
)


def resource_claim(obj: JSON, now: float) -> list[Any]:
    status, states = cells.status(obj), []
    if obj["metadata"].get("deletionTimestamp"):
        states.append("deleted")
    if status.get("allocation") is not None:
        states.append("allocated")
        if status.get("reservedFor"):
            states.append("reserved")
    elif not states:
        states.append("pending")
    return [obj["metadata"]["name"], ",".join(states), cells.age(obj, now)]


RESOURCE_SLICE = (
    NAME,
    shows("Node", "resource.v1.ResourceSliceSpec.nodeName"),
    shows("Driver", "resource.v1.ResourceSliceSpec.driver"),
    shows("Pool", "resource.v1.ResourcePool.name"),
    AGE,
)


def resource_slice(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    pool = (spec.get("pool") or {}).get("name", "")
    return [
        obj["metadata"]["name"],
        spec.get("nodeName") or "",
        spec.get("driver", ""),
        pool,
        cells.age(obj, now),
    ]


_FLOW = "flowcontrol.v1"
FLOW_SCHEMA = (
    NAME,
    shows("PriorityLevel", f"{_FLOW}.PriorityLevelConfigurationReference.name"),
    shows("MatchingPrecedence", f"{_FLOW}.FlowSchemaSpec.matchingPrecedence"),
    shows("DistinguisherMethod", f"{_FLOW}.FlowSchemaSpec.distinguisherMethod"),
    AGE,
    says("MissingPL", "references a broken or non-existent PriorityLevelConfiguration"),
)


def flow_schema(obj: JSON, now: float) -> list[Any]:
    spec, dangling = cells.spec(obj), cells.condition(obj, "Dangling")
    return [
        obj["metadata"]["name"],
        (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 0),
        (spec.get("distinguisherMethod") or {}).get("type") or cells.NONE,
        cells.age(obj, now),
        "?" if dangling is None else dangling.get("status", ""),
    ]


PRIORITY_LEVEL = (
    NAME,
    shows("Type", f"{_FLOW}.PriorityLevelConfigurationSpec.type"),
    shows("NominalConcurrencyShares", f"{_FLOW}.LimitedPriorityLevelConfiguration.nominalConcurrencyShares"),
    shows("Queues", f"{_FLOW}.QueuingConfiguration.queues"),
    shows("HandSize", f"{_FLOW}.QueuingConfiguration.handSize"),
    shows("QueueLengthLimit", f"{_FLOW}.QueuingConfiguration.queueLengthLimit"),
    AGE,
)
_QUEUING = ("queues", "handSize", "queueLengthLimit")


def priority_level(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    limited = spec.get("limited") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    shares = limited.get("nominalConcurrencyShares") if limited else cells.NONE
    return [
        obj["metadata"]["name"],
        spec.get("type", ""),
        cells.NONE if shares is None else shares,
        *(queuing.get(name, 0) if queuing else cells.NONE for name in _QUEUING),
        cells.age(obj, now),
    ]
