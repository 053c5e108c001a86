"""The status of single containers, as the API shows it, from what the runtime has and why it is waiting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyk3s.lib import timestamps
from pyk3s.node import objects
from pyk3s.node.objects import JSON
from pyk3s.node.pods import planning
from pyk3s.node.pods.observed import Container, RuntimePod

MESSAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a container is waiting: reason and message as the API shows them."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class View:
    """What statuses are made from, beside the pod itself."""

    pod: objects.Pod
    seen: RuntimePod
    verdicts: Mapping[str, planning.Verdict]  # by container id
    troubles: Mapping[str, Trouble]  # by container name
    waiting: Mapping[str, float]  # by container name: the restart delay that is being waited for
    messages: Mapping[str, str] = field(default_factory=dict)  # by container id: what it left as termination message
    runtime: str = "containerd"
    ended: bool = False  # the pod came to its end: nothing of it will run again


def statuses(view: View, containers: list[JSON], kind: planning.Kind) -> list[JSON]:
    """One status per container of the spec, in its order."""
    return [_status(view, container, kind) for container in containers]


def initialised(view: View) -> bool:
    """Whether every init container has done its part."""
    return not uninitialised(view)


def uninitialised(view: View) -> list[str]:
    """The init containers that have not ended well, or, as sidecars, have not started."""
    if any(view.seen.latest(container["name"]) for container in view.pod.containers()):
        return []
    return [each["name"] for each in view.pod.init_containers() if not _init_done(view, each)]


def _init_done(view: View, container: JSON) -> bool:
    last = view.seen.latest(container["name"])
    if last is None:
        return False
    if objects.is_sidecar(container):
        return last.running and _started(view, container, last)
    return last.state == "exited" and last.exit_code == 0


def _status(view: View, container: JSON, kind: planning.Kind) -> JSON:
    name = container["name"]
    last = view.seen.latest(name)
    before = view.pod.container_status(name) or {}
    if last is None:
        return _never_ran(view, container, kind, before)
    state, last_state = _states(view, container, kind, last)
    status: JSON = {
        "name": name,
        "state": state,
        "lastState": last_state or _remembered(before, last),
        "ready": _ready(view, container, kind, last),
        "restartCount": last.attempt,
        "image": last.image if last.image and not last.image.startswith("sha256:") else container.get("image", ""),
        "imageID": last.image_ref,
        "containerID": f"{view.runtime}://{last.id}",
        "started": last.running and _started(view, container, last),
    }
    if container.get("resources"):
        status["resources"] = container["resources"]
        if requests := container["resources"].get("requests"):
            status["allocatedResources"] = requests
    if mounts := container.get("volumeMounts"):
        status["volumeMounts"] = [_mount_status(mount) for mount in mounts]
    return status


def _mount_status(mount: JSON) -> JSON:
    shown = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        shown |= {"readOnly": True, "recursiveReadOnly": "Disabled"}
    return shown


def _never_ran(view: View, container: JSON, kind: planning.Kind, before: JSON) -> JSON:
    """A container that the runtime does not have: it waits, or was forgotten after its end."""
    if view.ended and before.get("state", {}).get("terminated"):
        return before
    trouble = view.troubles.get(container["name"])
    if trouble is None:
        early = kind == "main" and view.pod.init_containers() and not initialised(view)
        ahead = kind == "init" and any(not _init_done(view, each) for each in _before(view, container))
        trouble = Trouble("PodInitializing" if early or ahead else "ContainerCreating", "")
    waiting = {"reason": trouble.reason}
    if trouble.message:
        waiting["message"] = trouble.message
    return {
        "name": container["name"],
        "state": {"waiting": waiting},
        "lastState": {},
        "ready": False,
        "restartCount": int(before.get("restartCount", 0)),
        "image": container.get("image", ""),
        "imageID": "",
        "started": False,
    }


def _before(view: View, container: JSON) -> list[JSON]:
    names = [each["name"] for each in view.pod.init_containers()]
    return view.pod.init_containers()[: names.index(container["name"])]


def _states(view: View, container: JSON, kind: planning.Kind, last: Container) -> tuple[JSON, JSON]:
    """`state` and `lastState`."""
    previous = view.seen.previous(last.name)
    before = terminated(view, previous) if previous else {}
    if last.running:
        return {"running": {"startedAt": timestamps.rfc3339(last.started_at)}}, before
    if last.state == "exited":
        ended = terminated(view, last)
        waits = _waiting(view, container, last)
        if waits and not view.ended and planning.restarts(view.pod, container, last, kind):
            return {"waiting": waits}, ended
        return ended, before
    trouble = view.troubles.get(last.name, Trouble("ContainerCreating", ""))
    waiting = {"reason": trouble.reason} | ({"message": trouble.message} if trouble.message else {})
    return {"waiting": waiting}, before


def _waiting(view: View, container: JSON, last: Container) -> JSON:
    name, pod = container["name"], view.pod
    if name in view.waiting:
        told = f"back-off {_duration(view.waiting[name])} restarting failed container={name} "
        return {
            "reason": "CrashLoopBackOff",
            "message": f"{told}pod={pod.name}_{pod.namespace}({pod.uid})",
        }
    if name in view.troubles:
        return {"reason": view.troubles[name].reason, "message": view.troubles[name].message}
    return {}


def _duration(seconds: float) -> str:
    """`10s`, `1m20s`: as Go prints a duration."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _remembered(before: JSON, last: Container) -> JSON:
    """The last state that the API has, where the runtime no longer has that container."""
    told = before.get("lastState") or {}
    return told if last.attempt > 0 and before.get("restartCount") == last.attempt else {}


def terminated(view: View, container: Container) -> JSON:
    """The `terminated` state of an ended container."""
    state: JSON = {
        "exitCode": container.exit_code,
        "reason": container.reason or ("Completed" if container.exit_code == 0 else "Error"),
        "startedAt": timestamps.rfc3339(container.started_at) if container.started_at else None,
        "finishedAt": timestamps.rfc3339(container.finished_at) if container.finished_at else None,
        "containerID": f"{view.runtime}://{container.id}",
    }
    message = view.messages.get(container.id) or container.message
    if message:
        state["message"] = message[-MESSAGE_BYTES:]
    return {"terminated": state}


def _started(view: View, container: JSON, last: Container) -> bool:
    return not container.get("startupProbe") or view.verdicts.get(last.id, planning.NO_VERDICT).started is True


def _ready(view: View, container: JSON, kind: planning.Kind, last: Container) -> bool:
    if kind == "ephemeral":
        return False
    if kind == "init" and not objects.is_sidecar(container):
        return last.state == "exited" and last.exit_code == 0
    if not last.running or not _started(view, container, last):
        return False
    return not container.get("readinessProbe") or view.verdicts.get(last.id, planning.NO_VERDICT).ready is True
