"""CRI v1 over gRPC: the calls that a node needs, as coroutines on plain dicts with the protocol's field names.

Works with any CRI runtime. Deadlines are per call: a pull has none, stopping a container has its grace period on top.
"""

from collections.abc import Sequence
from typing import Any

from pyk3s.cri import messages
from pyk3s.wire import grpc

JSON = dict[str, Any]
RUNTIME = "/runtime.v1.RuntimeService/"
IMAGES = "/runtime.v1.ImageService/"
SECONDS = 120.0  # what the kubelet gives a call
SANDBOX_SECONDS = 240.0  # networks may be slow to set up


class CriError(Exception):
    """The runtime refused or failed; `code` is the gRPC status code."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code

    @property
    def not_found(self) -> bool:
        return self.code == 5


class Runtime:
    """RuntimeService and ImageService, of one socket unless images have their own."""

    def __init__(self, channel: grpc.Channel, images: grpc.Channel | None = None):
        self._channel, self._images = channel, images or channel

    async def _call(
        self, service: str, method: str, request: JSON | None = None, *, timeout: float | None = SECONDS
    ) -> JSON:
        body = messages.encode(f"{method}Request", request or {})
        channel = self._images if service is IMAGES else self._channel
        try:
            answer = await channel.unary(f"{service}{method}", body, timeout=timeout)
        except grpc.GrpcError as error:
            raise CriError(error.code, error.message) from error
        return messages.decode(f"{method}Response", answer)

    async def version(self) -> JSON:
        return await self._call(RUNTIME, "Version")

    async def status(self) -> dict[str, JSON]:
        """The conditions RuntimeReady and NetworkReady by type."""
        answer = await self._call(RUNTIME, "Status")
        return {each["type"]: each for each in (answer.get("status") or {}).get("conditions") or ()}

    async def sandboxes(self, labels: dict[str, str] | None = None) -> list[JSON]:
        request = {"filter": {"label_selector": labels}} if labels else {}
        return list((await self._call(RUNTIME, "ListPodSandbox", request)).get("items") or ())

    async def sandbox_status(self, sandbox_id: str) -> JSON:
        answer = await self._call(RUNTIME, "PodSandboxStatus", {"pod_sandbox_id": sandbox_id})
        return dict(answer.get("status") or {})

    async def run_sandbox(self, config: JSON, handler: str = "") -> str:
        request = {"config": config, "runtime_handler": handler}
        answer = await self._call(RUNTIME, "RunPodSandbox", request, timeout=SANDBOX_SECONDS)
        return str(answer["pod_sandbox_id"])

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Stop it with everything in it, and free its network; again is no error."""
        await self._call(RUNTIME, "StopPodSandbox", {"pod_sandbox_id": sandbox_id}, timeout=SANDBOX_SECONDS)

    async def remove_sandbox(self, sandbox_id: str) -> None:
        await self._call(RUNTIME, "RemovePodSandbox", {"pod_sandbox_id": sandbox_id})

    async def containers(self, labels: dict[str, str] | None = None) -> list[JSON]:
        request = {"filter": {"label_selector": labels}} if labels else {}
        return list((await self._call(RUNTIME, "ListContainers", request)).get("containers") or ())

    async def container_status(self, container_id: str) -> JSON:
        answer = await self._call(RUNTIME, "ContainerStatus", {"container_id": container_id})
        return dict(answer.get("status") or {})

    async def create_container(self, sandbox_id: str, config: JSON, sandbox_config: JSON) -> str:
        request = {"pod_sandbox_id": sandbox_id, "config": config, "sandbox_config": sandbox_config}
        return str((await self._call(RUNTIME, "CreateContainer", request))["container_id"])

    async def start_container(self, container_id: str) -> None:
        await self._call(RUNTIME, "StartContainer", {"container_id": container_id})

    async def stop_container(self, container_id: str, grace_s: int) -> None:
        """Ask it to end, and after `grace_s` seconds make it."""
        request = {"container_id": container_id, "timeout": grace_s}
        await self._call(RUNTIME, "StopContainer", request, timeout=SECONDS + grace_s)

    async def remove_container(self, container_id: str) -> None:
        await self._call(RUNTIME, "RemoveContainer", {"container_id": container_id})

    async def update_resources(self, container_id: str, resources: JSON) -> None:
        await self._call(RUNTIME, "UpdateContainerResources", {"container_id": container_id, "linux": resources})

    async def reopen_log(self, container_id: str) -> None:
        """Make a running container's output go to its log path anew, after the file was moved away."""
        await self._call(RUNTIME, "ReopenContainerLog", {"container_id": container_id})

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: int) -> tuple[int, bytes, bytes]:
        """Run a command in a container: exit code, output, errors. Raises CriError (code 4) past the time."""
        request = {"container_id": container_id, "cmd": list(command), "timeout": timeout_s}
        answer = await self._call(RUNTIME, "ExecSync", request, timeout=timeout_s + 10.0 if timeout_s else None)
        return int(answer.get("exit_code", 0)), answer.get("stdout", b""), answer.get("stderr", b"")

    async def exec_url(self, request: JSON) -> str:
        """Where an interactive command can be streamed."""
        return str((await self._call(RUNTIME, "Exec", request))["url"])

    async def attach_url(self, request: JSON) -> str:
        return str((await self._call(RUNTIME, "Attach", request))["url"])

    async def port_forward_url(self, sandbox_id: str, ports: Sequence[int]) -> str:
        request = {"pod_sandbox_id": sandbox_id, "port": list(ports)}
        return str((await self._call(RUNTIME, "PortForward", request))["url"])

    async def container_stats(self) -> list[JSON]:
        return list((await self._call(RUNTIME, "ListContainerStats")).get("stats") or ())

    async def images(self) -> list[JSON]:
        return list((await self._call(IMAGES, "ListImages")).get("images") or ())

    async def image(self, name: str) -> JSON | None:
        """The image by name or id; None where it is not present."""
        answer = await self._call(IMAGES, "ImageStatus", {"image": {"image": name}})
        return answer.get("image") or None

    async def pull(self, name: str, auth: JSON | None, sandbox_config: JSON) -> str:
        """Fetch an image; its id. Takes as long as it takes."""
        request: JSON = {"image": {"image": name}, "sandbox_config": sandbox_config}
        if auth:
            request["auth"] = auth
        return str((await self._call(IMAGES, "PullImage", request, timeout=None))["image_ref"])

    async def remove_image(self, name: str) -> None:
        await self._call(IMAGES, "RemoveImage", {"image": {"image": name}})

    async def detailed(self, method: str, request: JSON) -> JSON:
        """The whole answer of a status call such as ContainerStatus, with what the runtime tells only when asked to."""
        service = IMAGES if method == "ImageStatus" else RUNTIME
        return await self._call(service, method, request | {"verbose": True})

    async def close(self) -> None:
        await self._channel.close()
        if self._images is not self._channel:
            await self._images.close()
