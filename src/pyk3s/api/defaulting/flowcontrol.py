"""Defaults of the flowcontrol group."""

from typing import Any

JSON = dict[str, Any]

PRECEDENCE = 1000
SHARES = 30
QUEUES, HAND_SIZE, QUEUE_LENGTH = 64, 8, 50


def flow_schema(obj: JSON) -> None:
    if not obj["spec"].get("matchingPrecedence"):
        obj["spec"]["matchingPrecedence"] = PRECEDENCE


def priority_level(obj: JSON) -> None:
    spec = obj["spec"]
    if "exempt" in spec:
        spec["exempt"].setdefault("nominalConcurrencyShares", 0)
        spec["exempt"].setdefault("lendablePercent", 0)
    limited = spec.get("limited")
    if limited is not None:
        limited.setdefault("nominalConcurrencyShares", SHARES)
        limited.setdefault("lendablePercent", 0)
        queuing = limited["limitResponse"].get("queuing")
        if queuing is not None:
            for name, value in (("queues", QUEUES), ("handSize", HAND_SIZE), ("queueLengthLimit", QUEUE_LENGTH)):
                queuing[name] = queuing.get(name) or value


DEFAULTS = {"FlowSchema": flow_schema, "PriorityLevelConfiguration": priority_level}
