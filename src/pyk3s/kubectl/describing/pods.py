"""Pods."""

from typing import Any

from pyk3s.api import cells
from pyk3s.kubectl.describing import templates, volumes
from pyk3s.kubectl.describing.writer import (
    NONE,
    Related,
    Writer,
    annotations,
    controller,
    events,
    marks,
    time_text,
)

JSON = dict[str, Any]


def pod(obj: JSON, related: Related) -> str:
    writer = Writer()
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    writer.field(0, "Name", metadata["name"])
    writer.field(0, "Namespace", metadata.get("namespace", ""))
    if spec.get("priority") is not None:
        writer.field(0, "Priority", spec["priority"])
    for title, field in (("Priority Class Name", "priorityClassName"), ("Runtime Class Name", "runtimeClassName")):
        if spec.get(field):
            writer.field(0, title, spec[field])
    if spec.get("serviceAccountName"):
        writer.field(0, "Service Account", spec["serviceAccountName"])
    node = f"{spec['nodeName']}/{status.get('hostIP', '')}" if spec.get("nodeName") else NONE
    writer.field(0, "Node", node)
    if status.get("startTime"):
        writer.field(0, "Start Time", time_text(status["startTime"]))
    marks(writer, 0, "Labels", metadata.get("labels"))
    annotations(writer, 0, metadata.get("annotations"))
    _state(writer, obj, related.now)
    _addresses(writer, status)
    if owner := controller(obj):
        writer.field(0, "Controlled By", f"{owner['kind']}/{owner['name']}")
    if status.get("nominatedNodeName"):
        writer.field(0, "NominatedNodeName", status["nominatedNodeName"])
    _containers(writer, obj)
    _conditions(writer, spec, status)
    volumes.describe(writer, 0, spec.get("volumes"))
    if status.get("qosClass"):
        writer.field(0, "QoS Class", status["qosClass"])
    marks(writer, 0, "Node-Selectors", spec.get("nodeSelector"))
    templates.tolerations(writer, 0, spec.get("tolerations"))
    if spec.get("topologySpreadConstraints"):
        templates.spread(writer, 0, spec["topologySpreadConstraints"])
    events(writer, related.events, related.now)
    return writer.text()


def _state(writer: Writer, obj: JSON, now: float) -> None:
    metadata, status = obj["metadata"], obj.get("status") or {}
    if metadata.get("deletionTimestamp"):
        writer.field(0, "Status", f"Terminating (lasts {cells.since(metadata['deletionTimestamp'], now)})")
        writer.field(0, "Termination Grace Period", f"{metadata.get('deletionGracePeriodSeconds', 0)}s")
    else:
        writer.field(0, "Status", status.get("phase", ""))
    for title in ("Reason", "Message"):
        if status.get(title.lower()):
            writer.field(0, title, status[title.lower()])


def _addresses(writer: Writer, status: JSON) -> None:
    writer.field(0, "IP", status.get("podIP", ""))
    listed = status.get("podIPs") or ()
    if not listed:
        writer.field(0, "IPs", NONE)
        return
    writer.line(0, "IPs:")
    for each in listed:
        writer.field(1, "IP", each["ip"])


def _containers(writer: Writer, obj: JSON) -> None:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    for title, field, told in (
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        if spec.get(field):
            statuses = {each["name"]: each for each in status.get(told) or ()}
            templates.containers(writer, title, spec[field], statuses, pod=obj)


def _conditions(writer: Writer, spec: JSON, status: JSON) -> None:
    held = {each["type"]: each.get("status", "") for each in status.get("conditions") or ()}
    if spec.get("readinessGates"):
        writer.line(0, "Readiness Gates:\n  Type\tStatus")
        for gate in spec["readinessGates"]:
            writer.line(1, f"{gate['conditionType']} \t{held.get(gate['conditionType'], NONE)} ")
    if held:
        writer.line(0, "Conditions:\n  Type\tStatus")
        for name, value in held.items():
            writer.line(1, f"{name} \t{value} ")
