"""One pod on this node: look, decide, act, report; again whenever something may have changed. One task per pod.

The worker sleeps until it is woken: by a new version of the pod, an ended container, a probe's verdict, a changed
ConfigMap, or a deadline. Acting may take long (a pull, a hook); it runs beside, so that the status stays true
meanwhile and a deletion interrupts it. What a cancelled step leaves behind is found again at the next look.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable

from pyk3s.client import errors
from pyk3s.cri import runtime
from pyk3s.lib import log, tasks, timestamps
from pyk3s.node import objects
from pyk3s.node.containers import security
from pyk3s.node.pods import planning, status
from pyk3s.node.pods.crashes import CrashBackoff
from pyk3s.node.pods.ending import Ender
from pyk3s.node.pods.launching import Launcher, LaunchFailed
from pyk3s.node.pods.observed import RuntimePod
from pyk3s.node.pods.reporting import Reporter
from pyk3s.node.pods.retries import Retries
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.probes.manager import Probes, Watched
from pyk3s.node.volumes.payloads import NotReady

# containerd tells of an end before its CRI part knows; these are the looks after such news, in seconds
SETTLING_SECONDS = (0.02, 0.1, 0.5, 2.0)

_log = log.get_logger("node")


class Worker:
    """Brings one pod to what its spec says, and to its end."""

    def __init__(self, node: NodeServices, pod: objects.Pod, gone: Callable[[str], None]):
        self.pod = pod
        self._node, self._gone = node, gone
        self._launcher = Launcher(node)
        self._ender = Ender(node, self._launcher)
        self._wake = asyncio.Event()
        self._owner = tasks.TaskOwner(f"pod/{pod.key}", on_failure=self._failed)
        self._probes = Probes(node.cri, self._owner, node.time, self._wake.set)
        self._reporter = Reporter(node)
        self._backoff = CrashBackoff()
        self._retries = Retries()
        self._seen = RuntimePod(pod.uid, pod.namespace, pod.name)
        self._acting: asyncio.Task[None] | None = None
        self._verdict: status.Verdict | None = None
        self._removed = False  # the API no longer has it
        self._ending_grace: int | None = None  # grace period of the ending in progress
        self._ended = False
        self._due: float | None = None
        self._expected_ends: set[str] = set()
        self._volumes_ready = False

    # News, from the manager.

    def update(self, pod: objects.Pod) -> None:
        """A new version of the pod."""
        if pod.metadata.generation != self.pod.metadata.generation:
            self._retries.clear()
        if _described(pod) != _described(self.pod):
            self._volumes_ready = False  # the downward API may show it
        pod.status = self._reporter.newer(pod.status, pod.metadata.resource_version)
        self.pod = pod
        self._wake.set()

    def removed(self) -> None:
        """The API no longer has the pod."""
        self._removed = True
        self._wake.set()

    def wake(self) -> None:
        """Something may have changed."""
        self._wake.set()

    def content_changed(self) -> None:
        """A ConfigMap, Secret or token of its volumes changed."""
        self._volumes_ready = False
        self._wake.set()

    def container_ended(self, container_id: str) -> None:
        """The runtime says that a container ended."""
        self._expected_ends.add(container_id)
        self._wake.set()

    def runs(self, container_id: str) -> bool:
        """Whether a container ran when last looked at."""
        return any(each.id == container_id and each.running for each in self._seen.containers)

    # The loop.

    async def run(self) -> None:
        """Until the pod is gone from this node."""
        async with self._owner:
            while not await self._step():
                await self._pause()

    async def _pause(self) -> None:
        """Until woken or due."""
        timeout = None if self._due is None else max(0.0, self._due - self._node.time.time())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)
        self._wake.clear()
        self._due = None

    def _be_due(self, at: float | None) -> None:
        if at is not None:
            self._due = at if self._due is None else min(self._due, at)

    async def _step(self) -> bool:
        """One round; True when nothing is left of the pod."""
        try:
            self._seen = await self._look()
            self._watch_probes()
            if self._ending_wanted():
                return await self._end()
            await self._run_pod()
        except (runtime.CriError, errors.ApiError, OSError, TimeoutError) as error:
            self._be_due(self._node.time.time() + self._retries.failed("", self._node.time.time()))
            _log.warning("pod not in order yet", pod=self.pod.key, error=error or type(error).__name__)
        return False

    async def _look(self) -> RuntimePod:
        """What the runtime has; ends that were announced are waited for."""
        pod = self.pod
        for delay in (*SETTLING_SECONDS, 0.0):
            seen = await self._node.observer.pod(pod.uid, pod.namespace, pod.name)
            running = {each.id for each in seen.containers if each.running}
            self._expected_ends &= running
            if not self._expected_ends or not delay:
                break
            await self._node.time.sleep(delay)
        self._expected_ends.clear()
        return seen

    def _ending_wanted(self) -> bool:
        if self._removed or self.pod.deleted or self._verdict or self._ended:
            return True
        if self.pod.finished:
            self._ended = True
            return True
        return self._past_deadline() or self._not_admitted()

    def _past_deadline(self) -> bool:
        """activeDeadlineSeconds."""
        limit, since = self.pod.spec.get("activeDeadlineSeconds"), self.pod.status.get("startTime")
        if limit is None or not since:
            return False
        due = timestamps.parse_rfc3339(since) + float(limit)
        if due > self._node.time.time():
            self._be_due(due)
            return False
        self._fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
        return True

    def _not_admitted(self) -> bool:
        """A pod that this node must not run."""
        name = security.forbidden_sysctl(self.pod, self._node.settings.allowed_unsafe_sysctls)
        if not name or self._seen.sandboxes:
            return False
        self._fail("SysctlForbidden", f'Pod was rejected: forbidden sysctl: "{name}" not allowlisted')
        return True

    def _fail(self, reason: str, message: str) -> None:
        self._verdict = status.Verdict(reason, message)
        self._node.teller.pod(self.pod, reason, message, warning=True)

    # A pod that is to run.

    async def _run_pod(self) -> None:
        now = self._node.time.time()
        decision = planning.decide(planning.Situation(self.pod, self._seen, self._backoff, self._probes.verdicts, now))
        self._note_waiting(decision)
        self._be_due(decision.resume_at)
        self._be_due(self._retries.next_due(now))
        if decision.stop_pod:
            self._ended = True
            self._wake.set()
            return
        if not self._busy():
            self._act_on(decision, now)
        await self._report(decision)

    def _act_on(self, decision: planning.Decision, now: float) -> None:
        """Begin the next steps, unless an earlier failure is still to be waited for."""
        stale = not self._volumes_ready or self._tokens_due()
        starts = tuple(each for each in decision.starts if self._retries.until(each.name, now) <= now)
        decision = dataclasses.replace(decision, starts=starts)
        if decision.nothing and not stale:
            self._be_due(self._node.volumes.tokens.renew_at(self.pod.uid))
            return
        wait = self._retries.until("volumes" if stale else "", now)
        if wait > now:
            self._be_due(wait)
            return
        self._acting = self._owner.start(self._act(decision), "act")

    def _busy(self) -> bool:
        return self._acting is not None and not self._acting.done()

    async def _act(self, decision: planning.Decision) -> None:
        """Carry out one decision, then look again."""
        try:
            if not await self._prepare_volumes():
                return
            for kill in decision.kills:
                self._probes.forget(kill.container.id)
                await self._ender.end(self.pod, self._seen, kill.container, self.pod.grace_seconds, kill.why)
            if decision.make_sandbox and not await self._make_sandbox(decision.sandbox_attempt):
                return
            for start in decision.starts:
                await self._launch(start)
        except runtime.CriError as error:
            self._retries.failed("", self._node.time.time())
            _log.warning("the runtime refused", pod=self.pod.key, error=error)
        else:
            self._retries.succeeded("")
        finally:
            self._wake.set()

    async def _prepare_volumes(self) -> bool:
        if self._volumes_ready and not self._tokens_due():
            return True
        try:
            await self._node.volumes.prepare(self.pod, self._launcher.place(self.pod, self._seen))
        except NotReady as error:
            self._retries.failed("volumes", self._node.time.time())
            self._node.teller.pod(self.pod, "FailedMount", f"MountVolume.SetUp failed: {error}", warning=True)
            return False
        self._retries.succeeded("volumes")
        self._volumes_ready = True
        return True

    def _tokens_due(self) -> bool:
        due = self._node.volumes.tokens.renew_at(self.pod.uid)
        return due is not None and due <= self._node.time.time()

    async def _make_sandbox(self, attempt: int) -> bool:
        """False if that failed, which has been told and is tried again later."""
        old = self._seen.sandbox
        try:
            if old is not None:
                self._node.teller.pod(
                    self.pod, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created."
                )
                await self._node.cri.stop_sandbox(old.id)
            await self._launcher.make_sandbox(self.pod, attempt)
        except (runtime.CriError, errors.ApiError, security.Refused, OSError) as error:
            self._retries.failed("", self._node.time.time())
            message = f"Failed to create pod sandbox: {error}"
            self._node.teller.pod(self.pod, "FailedCreatePodSandBox", message, warning=True)
            return False
        return True

    async def _launch(self, start: planning.Start) -> None:
        now = self._node.time.time()
        last = self._seen.latest(start.name)
        try:
            await self._launcher.launch(self.pod, self._seen, start)
        except LaunchFailed as error:
            self._retries.failed(start.name, self._node.time.time(), error.reason, str(error))
            return
        self._retries.succeeded(start.name)
        if last is not None and last.state == "exited":
            self._backoff.restarted(start.name, last.finished_at, now)

    def _note_waiting(self, decision: planning.Decision) -> None:
        """Tell of containers that have newly begun to wait for their restart."""
        for name in decision.waiting.keys() - self._reporter.waiting.keys():
            spec = self.pod.container(name)
            if spec is not None:
                pod = self.pod
                message = f"Back-off restarting failed container {name} in pod {pod.name}_{pod.namespace}({pod.uid})"
                self._node.teller.container(pod, spec, "BackOff", message, warning=True)
        self._reporter.waiting = dict(decision.waiting)

    def _watch_probes(self) -> None:
        """Probe what runs, and nothing else."""
        running = [each for each in self._seen.containers if each.running]
        self._probes.forget_others({each.id for each in running})
        ips = self._seen.sandbox.ips if self._seen.sandbox else ()
        for container in running:
            spec = self.pod.container(container.name)
            if spec is None or self.pod.deleted:
                continue
            told = self.pod.container_status(container.name) or {}
            same = str(told.get("containerID", "")).endswith(container.id)
            self._probes.watch(
                Watched(
                    self._launcher.target(self.pod, spec, container.id, ips),
                    spec,
                    container.started_at,
                    self._unhealthy(spec),
                ),
                was_ready=same and bool(told.get("ready")),
                was_started=same and bool(told.get("started")),
            )

    def _unhealthy(self, spec: objects.JSON) -> Callable[[str, str], None]:
        return lambda reason, message: self._node.teller.container(self.pod, spec, reason, message, warning=True)

    # A pod that is to end.

    async def _end(self) -> bool:
        """Stop it, report, and remove what is left if the API is done with it."""
        grace = self.pod.grace_seconds  # the API may shorten it while the pod ends
        if not self._seen.idle and (self._ending_grace is None or grace < self._ending_grace):
            await self._interrupt()
            self._ending_grace = grace
            self._probes.stop_killing()
            self._acting = self._owner.start(self._stop(grace), "stop")
        if self._busy():
            if self._ending_grace is None:
                await self._interrupt()
                self._wake.set()
            await self._report(planning.Decision())
            return False
        if not self._seen.idle:
            self._ending_grace = None  # the last try failed
            self._be_due(self._node.time.time() + self._retries.failed("stop", self._node.time.time()))
            return False
        self._probes.forget_others(set())
        self._node.volumes.release(self.pod.uid)
        await self._report(planning.Decision(), ended=True)
        if self.pod.deleted or self._removed:
            await self._remove()
            return True
        return False

    async def _interrupt(self) -> None:
        if self._acting is not None and not self._acting.done():
            self._acting.cancel()
            await asyncio.gather(self._acting, return_exceptions=True)

    async def _stop(self, grace_s: int) -> None:
        try:
            await self._ender.end_pod(self.pod, self._seen, grace_s)
        except runtime.CriError as error:
            _log.warning("pod cannot be stopped yet", pod=self.pod.key, error=error)
        finally:
            self._wake.set()

    async def _remove(self) -> None:
        """Take everything of the pod from the node, then let the API forget it."""
        node, pod = self._node, self.pod
        for container in self._seen.containers:
            await node.cri.remove_container(container.id)
        for sandbox in self._seen.sandboxes:
            await node.cri.remove_sandbox(sandbox.id)
        await asyncio.to_thread(node.volumes.remove, pod.uid)
        node.groups.remove(node.groups.pod_parent(pod.qos, pod.uid))
        node.observer.forget(pod.uid)
        if not self._removed:
            await self._reporter.delete(pod)
        self._gone(pod.uid)

    # Telling.

    async def _report(self, decision: planning.Decision, *, ended: bool = False) -> None:
        if self._removed:
            return
        await self._reporter.report(
            self.pod,
            self._seen,
            self._probes.verdicts,
            self._retries.troubles(self._node.time.time()),
            verdict=self._verdict,
            ended=ended,
        )

    def _failed(self, name: str, error: BaseException) -> None:
        """A step died of something unforeseen: say so and carry on with the pod after a while."""
        _log.error("pod step failed", pod=self.pod.key, step=name, error=repr(error))
        self._retries.failed("", self._node.time.time())
        self._wake.set()


def _described(pod: objects.Pod) -> tuple[dict[str, str], dict[str, str]]:
    return pod.metadata.labels, pod.metadata.annotations
