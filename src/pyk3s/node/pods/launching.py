"""Makes sandboxes and containers of one pod: the rim under `planning`. What fails becomes a LaunchFailed with the
status' reason.
"""

import asyncio
import dataclasses
import pathlib

from pyk3s.client import errors, resources
from pyk3s.cri import runtime
from pyk3s.node import objects
from pyk3s.node.containers import environment, fields, naming, pulling, requests, security
from pyk3s.node.containers import resources as amounts
from pyk3s.node.objects import JSON
from pyk3s.node.pods.observed import RuntimePod
from pyk3s.node.pods.planning import Start
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.probes import checks, hooks
from pyk3s.node.volumes.payloads import NotReady

REFS = {"configmap": resources.CONFIG_MAPS, "secret": resources.SECRETS}


class LaunchFailed(Exception):
    """A container could not be brought to run; `reason` is what its status shows."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Launcher:
    """Starts what belongs to a pod."""

    node: NodeServices

    def sandbox_config(self, pod: objects.Pod, attempt: int) -> JSON:
        """Raises security.Refused."""
        return requests.sandbox(
            pod,
            attempt,
            log_root=self.node.settings.pod_log_dir,
            cgroup_parent=self.node.groups.pod_parent(pod.qos, pod.uid),
            resolver=naming.resolver(pod, self.node.names()),
            node_hostname=self.node.hostname,
        )

    async def make_sandbox(self, pod: objects.Pod, attempt: int) -> str:
        """Make the pod's group, log folder and sandbox; its id. Raises CriError, OSError, security.Refused."""
        config = self.sandbox_config(pod, attempt)
        self.node.volumes.folder(pod.uid).mkdir(parents=True, exist_ok=True)
        self.node.groups.make(self.node.groups.pod_parent(pod.qos, pod.uid), amounts.of_pod(pod))
        requests.log_folder(self.node.settings.pod_log_dir, pod).mkdir(mode=0o755, parents=True, exist_ok=True)
        return await self.node.cri.run_sandbox(config, await self._handler(pod))

    async def _handler(self, pod: objects.Pod) -> str:
        """The runtime handler that the pod's RuntimeClass names."""
        name = pod.spec.get("runtimeClassName")
        if not name:
            return ""
        found = await self.node.client.get(f"/apis/node.k8s.io/v1/runtimeclasses/{name}")
        return str(found.get("handler", ""))

    def place(self, pod: objects.Pod, seen: RuntimePod) -> fields.Place:
        """What the pod can know of where it runs."""
        own = seen.sandbox.ips if seen.sandbox else ()
        ips = self.node.host_ips if pod.host_network else own
        return fields.Place(self.node.host_ips, ips, self.node.allocatable)

    async def launch(self, pod: objects.Pod, seen: RuntimePod, start: Start) -> str:
        """Pull, create, start and greet one container; its id. Raises LaunchFailed."""
        spec = pod.container(start.name)
        sandbox = seen.sandbox
        if spec is None or sandbox is None:
            raise LaunchFailed("CreateContainerError", "the pod changed meanwhile")
        if start.kind == "ephemeral":
            spec = {"imagePullPolicy": "IfNotPresent", **spec}
        config = self.sandbox_config(pod, sandbox.attempt)
        try:
            image = await self.node.images.ensure(
                spec, await self._pull_secrets(pod), config, self.node.teller.of(pod, spec)
            )
        except pulling.PullError as error:
            raise LaunchFailed(error.reason, str(error)) from error
        wanted = await self._request(pod, spec, start, seen, image)
        container_id = await self._create(pod, spec, sandbox.id, wanted, config, seen)
        await self._start(pod, spec, container_id)
        await self._greet(pod, spec, container_id, sandbox.ips)
        return container_id

    async def _pull_secrets(self, pod: objects.Pod) -> list[JSON]:
        found = []
        for reference in pod.spec.get("imagePullSecrets") or ():
            held = await self._fetch("secret", pod.namespace, reference.get("name", ""))
            if held is not None:
                found.append(held)
        return found

    async def _fetch(self, kind: str, namespace: str, name: str) -> JSON | None:
        try:
            return await self.node.client.get(REFS[kind].path(namespace, name))
        except errors.ApiError as error:
            if error.not_found:
                return None
            raise LaunchFailed("CreateContainerConfigError", error.message) from error

    async def _request(self, pod: objects.Pod, spec: JSON, start: Start, seen: RuntimePod, image: JSON) -> JSON:
        """The CRI ContainerConfig."""
        try:
            security.check_non_root(pod, spec, image)
            needed = environment.needed(spec)
            held = await asyncio.gather(*(self._fetch(kind, pod.namespace, name) for kind, name in needed))
            sources = environment.Sources(
                self.place(pod, seen), dict(zip(needed, held, strict=True)), self.node.services()
            )
            variables = environment.build(pod, spec, sources)
            mounts = [*self.node.volumes.mounts(pod, spec, variables), *self._own_mounts(pod, spec, start, seen)]
            return requests.container(
                pod,
                spec,
                start.attempt,
                image_ref=image["id"],
                environment=variables,
                mounts=mounts,
                machine_memory=self.node.machine_memory,
                target_id=_target(spec, seen),
                seccomp_root=str(self.node.seccomp_root),
            )
        except (environment.MissingReference, fields.FieldUnknown, security.Refused, NotReady) as error:
            raise LaunchFailed("CreateContainerConfigError", str(error)) from error

    def _own_mounts(self, pod: objects.Pod, spec: JSON, start: Start, seen: RuntimePod) -> list[requests.Mount]:
        """/etc/hosts, unless the container brings its own, and the file for last words."""
        taken = {each["mountPath"] for each in spec.get("volumeMounts") or ()}
        made = []
        if "/etc/hosts" not in taken:
            made.append(requests.Mount(str(self._hosts(pod, seen)), "/etc/hosts"))
        words = self.node.volumes.termination_log(pod.uid, start.name, start.attempt)
        made.append(requests.Mount(str(words), spec.get("terminationMessagePath") or "/dev/termination-log"))
        return made

    def _hosts(self, pod: objects.Pod, seen: RuntimePod) -> pathlib.Path:
        node_hosts = pathlib.Path("/etc/hosts")
        text = naming.hosts_file(
            pod,
            ips=seen.sandbox.ips if seen.sandbox else (),
            hostname=requests.hostname(pod, self.node.hostname),
            domain=self.node.settings.cluster_domain,
            node_hosts=node_hosts.read_text() if pod.host_network and node_hosts.exists() else None,
        )
        return self.node.volumes.write_pod_file(pod.uid, "etc-hosts", text)

    async def _create(
        self, pod: objects.Pod, spec: JSON, sandbox_id: str, wanted: JSON, config: JSON, seen: RuntimePod
    ) -> str:
        cri = self.node.cri
        last = seen.latest(spec["name"])
        try:
            if last is not None and last.state == "created":
                await cri.remove_container(last.id)  # left half-made by an earlier try
            container_id = await cri.create_container(sandbox_id, wanted, config)
        except runtime.CriError as error:
            self.node.teller.container(pod, spec, "Failed", f"Error: {error}", warning=True)
            raise LaunchFailed("CreateContainerError", str(error)) from error
        self.node.teller.container(pod, spec, "Created", "Container created")
        return container_id

    async def _start(self, pod: objects.Pod, spec: JSON, container_id: str) -> None:
        try:
            await self.node.cri.start_container(container_id)
        except runtime.CriError as error:
            self.node.teller.container(pod, spec, "Failed", f"Error: {error}", warning=True)
            raise LaunchFailed("RunContainerError", str(error)) from error
        self.node.teller.container(pod, spec, "Started", "Container started")

    async def _greet(self, pod: objects.Pod, spec: JSON, container_id: str, ips: tuple[str, ...]) -> None:
        hook = (spec.get("lifecycle") or {}).get("postStart")
        if not hook:
            return
        target = self.target(pod, spec, container_id, ips)
        complaint = await hooks.run(self.node.cri, hook, target, self.node.time)
        if complaint:
            message = f"PostStartHook failed: {complaint}"
            self.node.teller.container(pod, spec, "FailedPostStartHook", message, warning=True)
            await self.node.cri.stop_container(container_id, pod.grace_seconds)
            raise LaunchFailed("PostStartHookError", message)

    def target(self, pod: objects.Pod, spec: JSON, container_id: str, ips: tuple[str, ...]) -> checks.Target:
        """Where probes and hooks of a container go."""
        addresses = self.node.host_ips if pod.host_network else ips
        return checks.Target(container_id, addresses[0] if addresses else "127.0.0.1", checks.ports_of(spec))


def _target(spec: JSON, seen: RuntimePod) -> str:
    """The running container whose processes an ephemeral container wants to see."""
    name = spec.get("targetContainerName")
    if not name:
        return ""
    found = seen.latest(name)
    if found is None or not found.running:
        raise LaunchFailed("CreateContainerError", f"target container {name!r} is not running")
    return found.id
