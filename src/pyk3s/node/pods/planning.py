"""The decision core: from a pod's spec and what the runtime has of it to the next steps. No I/O, no clock.

Order of a pod's life: sandbox; init containers one after another, those with restartPolicy Always (sidecars) staying
up; then the main containers. A container that ended is started again if its restart policy says so, after its back-
off. A running one is replaced if its image changed, or if its liveness or startup probe failed. When every main
container is done for good, the sandbox is stopped. Graceful termination is not decided here but by the worker: it
starts nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pyk3s.node import objects
from pyk3s.node.pods.crashes import CrashBackoff
from pyk3s.node.pods.observed import Container, RuntimePod, Sandbox

Kind = Literal["init", "main", "ephemeral"]


class Verdict(NamedTuple):
    """What the probes say of one container: None means no result yet, or no such probe."""

    started: bool | None = None
    alive: bool | None = None
    ready: bool | None = None


NO_VERDICT = Verdict()


@dataclass(frozen=True, slots=True)
class Start:
    """Create and start a container; `attempt` counts its restarts."""

    name: str
    kind: Kind
    attempt: int


@dataclass(frozen=True, slots=True)
class Kill:
    """End a running container; `why` is for the event."""

    container: Container
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The next steps. `resume_at` is when to decide again without an outside cause."""

    make_sandbox: bool = False
    sandbox_attempt: int = 0
    stop_pod: bool = False
    kills: tuple[Kill, ...] = ()
    starts: tuple[Start, ...] = ()
    waiting: Mapping[str, float] = field(default_factory=dict)  # containers in back-off: their delay in seconds
    resume_at: float | None = None

    @property
    def nothing(self) -> bool:
        return not (self.make_sandbox or self.stop_pod or self.kills or self.starts)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a decision depends on."""

    pod: objects.Pod
    seen: RuntimePod
    backoff: CrashBackoff
    verdicts: Mapping[str, Verdict]  # by container id
    now: float

    def verdict(self, container: Container) -> Verdict:
        return self.verdicts.get(container.id, NO_VERDICT)


def decide(situation: Situation) -> Decision:
    """What to do next for a pod that is to run."""
    pod, seen = situation.pod, situation.seen
    sandbox = seen.sandbox
    if not sandbox_usable(pod, sandbox):
        return _replace_sandbox(situation, sandbox)
    steps = _Steps(situation, sandbox.id if sandbox else "")
    if steps.initialise():
        for container in pod.containers():
            steps.consider(container, "main")
    steps.start_ephemeral()
    if not steps.starts and not steps.waiting and main_containers_over(pod, seen) and not steps.blocked:
        return Decision(stop_pod=True)
    return steps.decision()


def sandbox_usable(pod: objects.Pod, sandbox: Sandbox | None) -> bool:
    """Whether containers can be started in the sandbox: it is ready and has an address, if it is to have one."""
    return sandbox is not None and sandbox.ready and (pod.host_network or bool(sandbox.ips))


def spec_hash(container: objects.JSON) -> str:
    """Changes when a container must be replaced: only name and image can change under a running pod."""
    told = json.dumps([container["name"], container.get("image", "")])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def restarts(pod: objects.Pod, container: objects.JSON, last: Container | None, kind: Kind) -> bool:
    """Whether a container that does not run is to be started, by restart policy and exit code."""
    if last is None or last.state in ("created", "unknown"):
        return True
    for rule in container.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes") or {}
        listed = last.exit_code in (codes.get("values") or ())
        if rule.get("action") == "Restart" and listed == (codes.get("operator") == "In"):
            return True
    policy = container.get("restartPolicy") or pod.restart_policy
    if kind == "init" and policy == "Always" and not objects.is_sidecar(container):
        policy = "OnFailure"
    return policy == "Always" or (policy == "OnFailure" and last.exit_code != 0)


def next_attempt(pod: objects.Pod, name: str, last: Container | None) -> int:
    """The restart count of the container to come; the API's memory counts where the runtime has forgotten."""
    if last is not None:
        return last.attempt if last.state == "created" else last.attempt + 1
    told = pod.container_status(name) or {}
    had_one = bool(told.get("containerID"))
    return int(told.get("restartCount", 0)) + (1 if had_one else 0)


def main_containers_over(pod: objects.Pod, seen: RuntimePod) -> bool:
    """Whether no main container runs or will run again."""
    for container in pod.containers():
        last = seen.latest(container["name"])
        if last is None or last.running or restarts(pod, container, last, "main"):
            return False
    return True


def failed_for_good(pod: objects.Pod, seen: RuntimePod) -> bool:
    """Whether an init container failed in a pod that does not restart it."""
    for container in pod.init_containers():
        last = seen.latest(container["name"])
        if last and last.state == "exited" and last.exit_code and not restarts(pod, container, last, "init"):
            return True
    return False


def _replace_sandbox(situation: Situation, sandbox: Sandbox | None) -> Decision:
    pod, seen = situation.pod, situation.seen
    over = main_containers_over(pod, seen) or failed_for_good(pod, seen)
    cut_short = sandbox is not None and pod.restart_policy == "Never" and bool(seen.containers)
    if over or cut_short:
        return Decision(stop_pod=True)
    kills = tuple(Kill(each, "Pod sandbox changed, it will be killed and re-created.") for each in _running(seen))
    return Decision(make_sandbox=True, sandbox_attempt=sandbox.attempt + 1 if sandbox else 0, kills=kills)


def _running(seen: RuntimePod) -> list[Container]:
    return [each for each in seen.containers if each.running]


class _Steps:
    """Collects the steps of one decision."""

    def __init__(self, situation: Situation, sandbox_id: str):
        self._at, self._sandbox_id = situation, sandbox_id
        self.starts: list[Start] = []
        self.kills: list[Kill] = []
        self.waiting: dict[str, float] = {}
        self.blocked = False
        self._resume_at: float | None = None

    def initialise(self) -> bool:
        """Go through the init containers; True when the main ones may run."""
        pod, seen = self._at.pod, self._at.seen
        begun = any(self._in_sandbox(each["name"]) for each in pod.containers())
        if failed_for_good(pod, seen) and not begun:
            return self._give_up()
        for container in pod.init_containers():
            last = self._in_sandbox(container["name"])
            if objects.is_sidecar(container):
                self.consider(container, "init")
                if not begun and not self._sidecar_up(last, container):
                    self.blocked = True
                    return False
            elif not begun and not (last and last.state == "exited" and last.exit_code == 0):
                self.consider(container, "init")
                self.blocked = True
                return False
        return True

    def _give_up(self) -> bool:
        """An init container failed for good: end the sidecars, start nothing."""
        self.kills += [Kill(each, "Stopping container") for each in _running(self._at.seen)]
        self.blocked = True
        return False

    def _in_sandbox(self, name: str) -> Container | None:
        last = self._at.seen.latest(name)
        return last if last and last.sandbox_id == self._sandbox_id else None

    def _sidecar_up(self, last: Container | None, container: objects.JSON) -> bool:
        if last is None or not last.running:
            return False
        return "startupProbe" not in container or self._at.verdict(last).started is True

    def consider(self, container: objects.JSON, kind: Kind) -> None:
        """Start, replace or leave one container."""
        pod, name = self._at.pod, container["name"]
        last = self._at.seen.latest(name)
        if last is not None and last.running and last.sandbox_id == self._sandbox_id:
            self._consider_running(container, last, kind)
            return
        in_sandbox = self._in_sandbox(name)
        initialises_anew = kind == "init" and in_sandbox is None
        if initialises_anew or restarts(pod, container, last, kind):
            self._start(name, kind, last)

    def _consider_running(self, container: objects.JSON, running: Container, kind: Kind) -> None:
        why = self._why_kill(container, running)
        if not why:
            return
        self.kills.append(Kill(running, why))

    def _why_kill(self, container: objects.JSON, running: Container) -> str:
        name, verdict = container["name"], self._at.verdict(running)
        if running.spec_hash and running.spec_hash != spec_hash(container):
            return f"Container {name} definition changed, will be restarted"
        if verdict.alive is False:
            return f"Container {name} failed liveness probe, will be restarted"
        if verdict.started is False:
            return f"Container {name} failed startup probe, will be restarted"
        return ""

    def _start(self, name: str, kind: Kind, last: Container | None) -> None:
        at = self._at
        if last is not None and last.state == "exited":
            ready_at = at.backoff.ready_at(name, last.finished_at, at.now)
            if ready_at > at.now:
                self.waiting[name] = at.backoff.delay(name, last.finished_at, at.now)
                self._resume_at = ready_at if self._resume_at is None else min(self._resume_at, ready_at)
                return
        self.starts.append(Start(name, kind, next_attempt(at.pod, name, last)))

    def start_ephemeral(self) -> None:
        """Ephemeral containers run once, beside whatever else happens."""
        for container in self._at.pod.ephemeral_containers():
            if self._at.seen.latest(container["name"]) is None:
                self.starts.append(Start(container["name"], "ephemeral", 0))

    def decision(self) -> Decision:
        stop = self.blocked and failed_for_good(self._at.pod, self._at.seen)
        return Decision(
            stop_pod=stop,
            kills=tuple(self.kills),
            starts=() if stop else tuple(self.starts),
            waiting=self.waiting,
            resume_at=self._resume_at,
        )
