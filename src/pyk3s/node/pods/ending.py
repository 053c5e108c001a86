"""Ends the containers of a pod gracefully: preStop, the signal, the grace period; sidecars after the others, last
first.
"""

import asyncio
from dataclasses import dataclass

from pyk3s.cri import runtime
from pyk3s.node import objects
from pyk3s.node.pods.launching import Launcher
from pyk3s.node.pods.observed import Container, RuntimePod
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.probes import hooks

LEAST_GRACE_SECONDS = 2  # what a container is given even after a preStop that took all the time


@dataclass(frozen=True, slots=True)
class Ender:
    """Stops what belongs to a pod."""

    node: NodeServices
    launcher: Launcher

    async def end_pod(self, pod: objects.Pod, seen: RuntimePod, grace_s: int) -> None:
        """Stop everything and free the network; raises CriError."""
        deadline = self.node.time.monotonic() + grace_s
        sidecars = [each["name"] for each in pod.init_containers() if objects.is_sidecar(each)]
        running = [each for each in seen.containers if each.running]
        first = [each for each in running if each.name not in sidecars]
        await asyncio.gather(*(self.end(pod, seen, each, grace_s, "") for each in first))
        for name in reversed(sidecars):
            left = max(0, int(deadline - self.node.time.monotonic()))
            for each in running:
                if each.name == name:
                    await self.end(pod, seen, each, left, "")
        for sandbox in seen.sandboxes:
            await self.node.cri.stop_sandbox(sandbox.id)

    async def end(self, pod: objects.Pod, seen: RuntimePod, container: Container, grace_s: int, why: str) -> None:
        """Stop one container; raises CriError unless it is gone already."""
        spec = pod.container(container.name)
        if spec is not None:
            self.node.teller.container(pod, spec, "Killing", why or f"Stopping container {container.name}")
            grace_s = await self._farewell(pod, spec, container, seen, grace_s)
        try:
            await self.node.cri.stop_container(container.id, grace_s)
        except runtime.CriError as error:
            if not error.not_found:
                raise

    async def _farewell(
        self, pod: objects.Pod, spec: objects.JSON, container: Container, seen: RuntimePod, grace_s: int
    ) -> int:
        """Run preStop within the grace period; the seconds that are left."""
        hook = (spec.get("lifecycle") or {}).get("preStop")
        if not hook or grace_s <= 0:
            return grace_s
        began = self.node.time.monotonic()
        ips = seen.sandbox.ips if seen.sandbox else ()
        target = self.launcher.target(pod, spec, container.id, ips)
        complaint = await hooks.run(self.node.cri, hook, target, self.node.time, limit_s=grace_s)
        if complaint:
            message = f"PreStopHook failed: {complaint}"
            self.node.teller.container(pod, spec, "FailedPreStopHook", message, warning=True)
        spent = self.node.time.monotonic() - began
        return max(LEAST_GRACE_SECONDS, int(grace_s - spent))
