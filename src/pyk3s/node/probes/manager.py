"""The probes of running containers: one task per probe; verdicts change by thresholds and wake the pod's worker.

Liveness and readiness wait until the startup probe has succeeded. A container that was ready before this process
started stays ready until a probe says otherwise.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from pyk3s.cri import runtime
from pyk3s.lib import clock, tasks
from pyk3s.node.objects import JSON
from pyk3s.node.pods.planning import NO_VERDICT, Verdict
from pyk3s.node.probes import checks
from pyk3s.node.probes.thresholds import Tally, schedule

KINDS = {"startup": "startupProbe", "liveness": "livenessProbe", "readiness": "readinessProbe"}
FIELDS = {"startup": "started", "liveness": "alive", "readiness": "ready"}


@dataclass(slots=True)
class Watched:
    """A container under observation."""

    target: checks.Target
    container: JSON
    started_at: float
    tell: Callable[[str, str], None]  # event reason, message
    started: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


class Probes:
    """The probes of one pod's containers."""

    def __init__(self, cri: runtime.Runtime, owner: tasks.TaskOwner, time: clock.Clock, changed: Callable[[], None]):
        self._cri, self._owner, self._time, self._changed = cri, owner, time, changed
        self._watched: dict[str, Watched] = {}
        self.verdicts: dict[str, Verdict] = {}

    def watch(self, watched: Watched, *, was_ready: bool = False, was_started: bool = False) -> None:
        """Begin to probe a running container; again is nothing."""
        key = watched.target.container_id
        if key in self._watched:
            return
        self._watched[key] = watched
        has_startup = bool(watched.container.get(KINDS["startup"]))
        began = was_started or not has_startup
        ready = None if not watched.container.get(KINDS["readiness"]) else (True if was_ready else None)
        self.verdicts[key] = Verdict(started=True if began else None, ready=ready)
        if began:
            watched.started.set()
        for kind, name in KINDS.items():
            if probe := watched.container.get(name):
                if kind == "startup" and began:
                    continue
                task = self._owner.start(self._run(watched, kind, probe), f"{kind}/{watched.container['name']}")
                watched.tasks.append(task)

    def forget(self, container_id: str) -> None:
        """Stop probing a container that has ended."""
        watched = self._watched.pop(container_id, None)
        self.verdicts.pop(container_id, None)
        for task in watched.tasks if watched else ():
            task.cancel()

    def forget_others(self, running: set[str]) -> None:
        for container_id in set(self._watched) - running:
            self.forget(container_id)

    def stop_killing(self) -> None:
        """The pod is ending: only readiness is still of interest."""
        for watched in self._watched.values():
            for task in watched.tasks:
                if "/readiness/" not in f"{task.get_name()}/":
                    task.cancel()

    async def _run(self, watched: Watched, kind: str, probe: JSON) -> None:
        limits = schedule(probe)
        if kind != "startup":
            await watched.started.wait()
        age = self._time.time() - watched.started_at
        if age < limits.initial_delay:
            await self._time.sleep(limits.initial_delay - age)
        held = self.verdicts.get(watched.target.container_id, NO_VERDICT)
        tally = Tally(limits, held.ready if kind == "readiness" else None)
        while True:
            result = await self._check(probe, watched, limits.timeout)
            if not result.success:
                watched.tell("Unhealthy", f"{kind.capitalize()} probe failed: {result.message}")
            if tally.add(result.success):
                self._settle(watched, kind, result.success)
                if kind == "startup" or (kind == "liveness" and not result.success):
                    return
            await self._time.sleep(limits.period)

    async def _check(self, probe: JSON, watched: Watched, timeout: float) -> checks.Result:
        try:
            return await checks.check(self._cri, probe, watched.target, timeout)
        except checks.Unsupported as error:
            return checks.Result(False, str(error))

    def _settle(self, watched: Watched, kind: str, success: bool) -> None:
        key = watched.target.container_id
        held = self.verdicts.get(key)
        if held is None:
            return
        self.verdicts[key] = held._replace(**{FIELDS[kind]: success})
        if kind == "startup" and success:
            watched.started.set()
        self._changed()
