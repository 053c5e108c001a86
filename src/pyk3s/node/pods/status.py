"""The status of a pod from its containers': phase, conditions, addresses. Rules as the kubelet applies them.

A phase of Succeeded or Failed is final. Conditions that others own (PodScheduled, readiness gates, DisruptionTarget)
are not touched: the patch is a strategic merge.
"""

from dataclasses import dataclass

from pyk3s.lib import timestamps
from pyk3s.node import objects
from pyk3s.node.objects import JSON
from pyk3s.node.pods import container_status, planning
from pyk3s.node.pods.container_status import View

OWNED = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")


@dataclass(frozen=True, slots=True)
class Verdict:
    """An end that the node itself decided on: DeadlineExceeded, Evicted, SysctlForbidden..."""

    reason: str
    message: str


def build(view: View, *, now: float, host_ips: tuple[str, ...], verdict: Verdict | None = None) -> JSON:
    """The status to report. `verdict` makes the pod Failed."""
    pod = view.pod
    inits = container_status.statuses(view, pod.init_containers(), "init")
    mains = container_status.statuses(view, pod.containers(), "main")
    others = container_status.statuses(view, pod.ephemeral_containers(), "ephemeral")
    reached = "Failed" if verdict else phase(view, inits, mains)
    if pod.finished:
        reached = pod.status["phase"]
    status: JSON = {
        "phase": reached,
        "startTime": pod.status.get("startTime") or timestamps.rfc3339(now),
        "containerStatuses": mains,
        "qosClass": pod.qos,
    }
    if host_ips:
        status["hostIP"] = host_ips[0]
        status["hostIPs"] = [{"ip": ip} for ip in host_ips]
    if pod.metadata.generation:
        status["observedGeneration"] = pod.metadata.generation
    if inits:
        status["initContainerStatuses"] = inits
    if others:
        status["ephemeralContainerStatuses"] = others
    if verdict:
        status |= {"reason": verdict.reason, "message": verdict.message}
    if ips := _addresses(view, host_ips):
        status["podIP"] = ips[0]
        status["podIPs"] = [{"ip": ip} for ip in ips]
    status["conditions"] = conditions(view, reached, mains, inits, now=now)
    return status


def phase(view: View, inits: list[JSON], mains: list[JSON]) -> str:
    """Pending, Running, Succeeded or Failed."""
    pod = view.pod
    if planning.failed_for_good(pod, view.seen):
        return "Failed"
    if not container_status.initialised(view) and not view.ended:
        return "Pending"
    states = [status["state"] for status in mains]
    if any("waiting" in status["state"] and not status["lastState"] for status in mains):
        return "Failed" if view.ended else "Pending"
    if any("running" in state for state in states):
        return "Running"
    if not _over(view, mains):
        return "Running"
    sidecars = {each["name"] for each in pod.init_containers() if objects.is_sidecar(each)}
    if any("running" in status["state"] for status in inits if status["name"] in sidecars):
        return "Running"
    codes = [(state.get("terminated") or {}).get("exitCode", 1) for state in states]
    return "Succeeded" if all(code == 0 for code in codes) else "Failed"


def _over(view: View, mains: list[JSON]) -> bool:
    """Whether every main container has ended and none is to run again."""
    if view.ended:
        return True
    if any("terminated" not in status["state"] for status in mains):
        return False
    return planning.main_containers_over(view.pod, view.seen)


def conditions(view: View, reached: str, mains: list[JSON], inits: list[JSON], *, now: float) -> list[JSON]:
    """The conditions that the node owns."""
    pod = view.pod
    usable = planning.sandbox_usable(pod, view.seen.sandbox) and not view.ended
    waiting_inits = container_status.uninitialised(view)
    unready = _unready(view, mains, inits)
    ready, why = _containers_ready(reached, unready, pod)
    gates = _closed_gates(pod)
    return [
        _condition(pod, "PodReadyToStartContainers", usable, None, now),
        _condition(pod, "Initialized", *_initialized(reached, waiting_inits), now),
        _condition(pod, "Ready", ready and not gates, why or gates, now),
        _condition(pod, "ContainersReady", ready, why, now),
    ]


Why = tuple[str, str] | None


def _initialized(reached: str, waiting: list[str]) -> tuple[bool, Why]:
    if reached == "Succeeded":
        return True, ("PodCompleted", "")
    if waiting:
        return False, ("ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]")
    return True, None


def _containers_ready(reached: str, unready: list[str], pod: objects.Pod) -> tuple[bool, Why]:
    if reached == "Succeeded":
        return False, ("PodCompleted", "")
    if reached == "Failed":
        return False, ("PodFailed", "")
    if unready:
        return False, ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    return True, None


def _unready(view: View, mains: list[JSON], inits: list[JSON]) -> list[str]:
    sidecars = {each["name"] for each in view.pod.init_containers() if objects.is_sidecar(each)}
    counted = [status for status in inits if status["name"] in sidecars] + mains
    return [status["name"] for status in counted if not status["ready"]]


def _closed_gates(pod: objects.Pod) -> Why:
    """The readiness gates that others have not opened yet."""
    held = {each["type"]: each["status"] for each in pod.status.get("conditions") or ()}
    told = []
    for gate in pod.spec.get("readinessGates") or ():
        name = gate["conditionType"]
        if name not in held:
            told.append(f'corresponding condition of pod readiness gate "{name}" does not exist.')
        elif held[name] != "True":
            told.append(f'the status of pod readiness gate "{name}" is not "True", but {held[name]}')
    return ("ReadinessGatesNotReady", ", ".join(told)) if told else None


def _condition(pod: objects.Pod, kind: str, value: bool, why: Why, now: float) -> JSON:
    status = "True" if value else "False"
    before = next((each for each in pod.status.get("conditions") or () if each["type"] == kind), None)
    since = before["lastTransitionTime"] if before and before["status"] == status else timestamps.rfc3339(now)
    made: JSON = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if pod.metadata.generation:
        made["observedGeneration"] = pod.metadata.generation
    if why:
        made |= {"reason": why[0], "message": why[1]} if why[1] else {"reason": why[0]}
    return made


def _addresses(view: View, host_ips: tuple[str, ...]) -> list[str]:
    if view.pod.host_network:
        return list(host_ips)
    sandbox = view.seen.sandbox
    if sandbox is None:
        return []
    if not sandbox.ips and view.pod.status.get("podIP"):
        return [each["ip"] for each in view.pod.status.get("podIPs") or ()]
    return list(sandbox.ips)


def patch(old: JSON, new: JSON) -> JSON:
    """What to send so that the API's status `old` becomes `new`; empty where nothing differs.

    A strategic merge patch: conditions merge by type; lists keyed by address are replaced whole.
    """
    changed: JSON = {}
    for key, value in new.items():
        if key == "conditions":
            held = {each["type"]: each for each in old.get("conditions") or ()}
            differing = [each for each in value if not _same(each, held.get(each["type"]))]
            if differing:
                changed[key] = [_explicit(each, held.get(each["type"])) for each in differing]
        elif not _same(value, old.get(key)):
            replaced = key in ("podIPs", "hostIPs") and old.get(key)
            changed[key] = [*value, {"$patch": "replace"}] if replaced else value
    return changed


def _explicit(condition: JSON, held: JSON | None) -> JSON:
    """Fields that are to vanish are told as null."""
    gone = {name: None for name in ("reason", "message") if held and held.get(name) and not condition.get(name)}
    return {**condition, **gone}


def _same(one: object, other: object) -> bool:
    return _bare(one) == _bare(other)


def _bare(value: object) -> object:
    """Without nulls and empty maps, which the API server may leave out."""
    if isinstance(value, dict):
        made = {key: _bare(each) for key, each in value.items()}
        return {key: each for key, each in made.items() if each is not None and each != {}}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value
