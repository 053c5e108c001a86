"""The row of a pod: what `kubectl get pods` says about it, above all its one-word status."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, Column, says, shows

JSON = dict[str, Any]

COLUMNS: tuple[Column, ...] = (
    NAME,
    says("Ready", "The aggregate readiness state of this pod for accepting traffic."),
    says("Status", "The aggregate status of the containers in this pod."),
    says(
        "Restarts",
        "The number of times the containers in this pod have been restarted"
        " and when the last container in this pod has restarted.",
    ),
    AGE,
    shows("IP", "core.v1.PodStatus.podIP", priority=1),
    shows("Node", "core.v1.PodSpec.nodeName", priority=1),
    shows("Nominated Node", "core.v1.PodStatus.nominatedNodeName", priority=1),
    shows("Readiness Gates", "core.v1.PodSpec.readinessGates", priority=1),
)

_CONDITIONS = {
    "Succeeded": ("Succeeded", "The pod has completed successfully."),
    "Failed": ("Failed", "The pod failed."),
}


def row(pod: JSON, now: float) -> list[Any]:
    """The cells of a pod."""
    spec, status = cells.spec(pod), cells.status(pod)
    sidecars = {each["name"] for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}
    initialising = _initialising(pod, sidecars)
    started = [each for each in status.get("initContainerStatuses") or () if each.get("name") in sidecars]
    ready = sum(bool(each.get("started") and each.get("ready")) for each in started)
    if initialising and not cells.holds(pod, "Initialized"):
        counted, reason = status.get("initContainerStatuses") or [], initialising
    else:
        main = status.get("containerStatuses") or []
        counted, reason = [*started, *main], _reason_of_containers(pod, main)
        ready += sum(_runs(each) for each in main)
    ips = status.get("podIPs") or ([{"ip": status["podIP"]}] if status.get("podIP") else [])
    return [
        pod["metadata"]["name"],
        f"{ready}/{len(spec.get('containers') or ()) + len(sidecars)}",
        _with_deletion(pod, reason),
        _restarts(counted, now),
        cells.age(pod, now),
        (ips[0].get("ip") if ips else "") or cells.NONE,
        spec.get("nodeName") or cells.NONE,
        status.get("nominatedNodeName") or cells.NONE,
        _readiness_gates(pod),
    ]


def conditions(pod: JSON) -> list[JSON]:
    """Conditions of the row: that a pod has ended, and how."""
    ended = _CONDITIONS.get(cells.status(pod).get("phase", ""))
    if ended is None:
        return []
    return [{"type": "Completed", "status": "True", "reason": ended[0], "message": ended[1]}]


def _phase(pod: JSON) -> str:
    status = cells.status(pod)
    scheduled = cells.condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        return "SchedulingGated"
    reason: str = status.get("reason") or status.get("phase") or ""
    return reason


def _initialising(pod: JSON, sidecars: set[str]) -> str:
    """What the first init container that is not done is doing, or nothing."""
    for index, each in enumerate(cells.status(pod).get("initContainerStatuses") or ()):
        state = each.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if each.get("name") in sidecars and each.get("started"):
            continue
        if terminated is not None:
            return f"Init:{_ending(terminated)}"
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{len(cells.spec(pod).get('initContainers') or ())}"
    return ""


def _reason_of_containers(pod: JSON, statuses: list[JSON]) -> str:
    reason = _phase(pod)
    for each in reversed(statuses):
        state = each.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _ending(terminated)
    if reason == "Completed" and any(_runs(each) for each in statuses):
        return "Running" if cells.holds(pod, "Ready") else "NotReady"
    return reason


def _ending(terminated: JSON) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _runs(container: JSON) -> bool:
    state = container.get("state") or {}
    ended = state.get("terminated") is not None or (state.get("waiting") or {}).get("reason")
    return bool(container.get("ready")) and state.get("running") is not None and not ended


def _with_deletion(pod: JSON, reason: str) -> str:
    status = cells.status(pod)
    if not pod["metadata"].get("deletionTimestamp"):
        return reason
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _restarts(statuses: list[JSON], now: float) -> str:
    count = sum(each.get("restartCount", 0) for each in statuses)
    ends = [((each.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for each in statuses]
    last = max(filter(None, ends), default=None)
    return f"{count} ({cells.since(last, now)} ago)" if count and last else str(count)


def _readiness_gates(pod: JSON) -> str:
    gates = cells.spec(pod).get("readinessGates") or ()
    if not gates:
        return cells.NONE
    return f"{sum(cells.holds(pod, gate.get('conditionType', '')) for gate in gates)}/{len(gates)}"
