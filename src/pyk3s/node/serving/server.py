"""The routes of the kubelet's HTTPS server. Who calls must hold a certificate of the cluster's client CA, for /healthz
too: nobody else is told anything.

Only the API server's kubelet client and administrators get further: which names may call is told at construction.
"""

import json
import pathlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from pyk3s.cri import logs, runtime
from pyk3s.node import objects
from pyk3s.node.objects import JSON
from pyk3s.node.pods.manager import Pods
from pyk3s.node.pods.observed import Container
from pyk3s.node.pods.services import NodeServices
from pyk3s.node.serving import stats, streams
from pyk3s.wire.http.messages import AnyResponse, Request, Response, StreamResponse

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
JSON_TYPE = ((b"content-type", b"application/json"),)
Authorized = Callable[[Request], bool]


class Refusal(Exception):
    """A request that is answered with a few words."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class KubeletServer:
    """Answers the API server's calls to this node."""

    node: NodeServices
    pods: Pods
    authorized: Authorized

    def handle(self, request: Request) -> AnyResponse | Coroutine[Any, Any, AnyResponse]:
        """The HTTP handler."""
        if not self.authorized(request):
            return Response(401, TEXT, b"Unauthorized")
        return self._answer(request)

    async def _answer(self, request: Request) -> AnyResponse:
        parts = [part for part in request.path.split("/") if part]
        try:
            return await self._route(request, parts)
        except Refusal as refusal:
            return Response(refusal.status, TEXT, str(refusal).encode())
        except logs.BadOption as error:
            return Response(400, TEXT, str(error).encode())
        except runtime.CriError as error:
            return Response(500, TEXT, str(error).encode())

    async def _route(self, request: Request, parts: list[str]) -> AnyResponse:
        match parts:
            case ["containerLogs", namespace, pod, container]:
                return await self._logs(request, namespace, pod, container)
            case ["exec", namespace, pod, container] | ["exec", namespace, pod, _, container]:
                return await self._exec(request, namespace, pod, container)
            case ["attach", namespace, pod, container] | ["attach", namespace, pod, _, container]:
                return await self._attach(request, namespace, pod, container)
            case ["portForward", namespace, pod] | ["portForward", namespace, pod, _]:
                return await self._port_forward(request, namespace, pod)
            case ["run", namespace, pod, container]:
                return await self._run(request, namespace, pod, container)
            case ["healthz"]:
                return Response(200, TEXT, b"ok")
            case ["pods"]:
                return Response(200, JSON_TYPE, json.dumps(self._pod_list()).encode())
            case ["stats", "summary"]:
                return Response(200, JSON_TYPE, json.dumps(await stats.summary(self.node, self.pods.pods)).encode())
            case ["metrics"] | ["metrics", "resource"]:
                return Response(200, TEXT, await stats.metrics(self.node, self.pods.pods))
        return Response(404, TEXT, b"404 page not found")

    async def _logs(self, request: Request, namespace: str, name: str, container: str) -> AnyResponse:
        wanted = logs.options(dict(parse_qsl(request.raw_query)), self.node.time.time())
        found = await self._container(namespace, name, container, previous=wanted.previous)
        path = pathlib.Path(found.log_path)
        running = _Running(self.pods, namespace, name, found)
        return StreamResponse(200, TEXT, self._log_chunks(path, wanted, running))

    async def _log_chunks(
        self, path: pathlib.Path, wanted: logs.LogOptions, running: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        async for chunk in logs.read(path, wanted, running=running, time=self.node.time):
            yield chunk

    async def _exec(self, request: Request, namespace: str, name: str, container: str) -> AnyResponse:
        found = await self._container(namespace, name, container, must_run=True)
        query = parse_qs(request.raw_query, keep_blank_values=True)
        wanted = _streams(query) | {"container_id": found.id, "cmd": query.get("command", [])}
        return await streams.relay(request, await self.node.cri.exec_url(wanted))

    async def _attach(self, request: Request, namespace: str, name: str, container: str) -> AnyResponse:
        found = await self._container(namespace, name, container, must_run=True)
        spec = self._pod(namespace, name).container(container) or {}
        wanted = _streams(parse_qs(request.raw_query)) | {"container_id": found.id, "tty": bool(spec.get("tty"))}
        return await streams.relay(request, await self.node.cri.attach_url(wanted))

    async def _port_forward(self, request: Request, namespace: str, name: str) -> AnyResponse:
        pod = self._pod(namespace, name)
        seen = await self.node.observer.pod(pod.uid, namespace, name)
        if seen.sandbox is None or not seen.sandbox.ready:
            raise Refusal(404, f"pod {namespace}/{name} is not running")
        ports = [int(port) for port in parse_qs(request.raw_query).get("port", []) if port.isdigit()]
        return await streams.relay(request, await self.node.cri.port_forward_url(seen.sandbox.id, ports))

    async def _run(self, request: Request, namespace: str, name: str, container: str) -> AnyResponse:
        found = await self._container(namespace, name, container, must_run=True)
        command = parse_qs(request.raw_query).get("cmd", [""])[0].split()
        code, output, complaints = await self.node.cri.exec_sync(found.id, command, 0)
        return Response(200 if code == 0 else 500, TEXT, output + complaints)

    def _pod(self, namespace: str, name: str) -> objects.Pod:
        worker = self.pods.find(namespace, name)
        if worker is None:
            raise Refusal(404, f'pod "{name}" not found in namespace "{namespace}" on this node')
        return worker.pod

    async def _container(
        self, namespace: str, name: str, container: str, *, previous: bool = False, must_run: bool = False
    ) -> Container:
        pod = self._pod(namespace, name)
        if pod.container(container) is None:
            raise Refusal(404, f'container "{container}" not found in pod "{namespace}/{name}"')
        seen = await self.node.observer.pod(pod.uid, namespace, name)
        found = seen.previous(container) if previous else seen.latest(container)
        if found is None or found.state == "created":
            word = "previous terminated container" if previous else "container"
            told = (
                f'{word} "{container}" in pod "{name}" not found'
                if previous
                else f'{word} "{container}" in pod "{name}" is waiting to start: ContainerCreating'
            )
            raise Refusal(400, told)
        if must_run and not found.running:
            raise Refusal(400, f'container "{container}" of pod "{namespace}/{name}" is not running')
        return found

    def _pod_list(self) -> JSON:
        items = [
            {
                "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
                "spec": pod.spec,
                "status": pod.status,
            }
            for pod in self.pods.pods
        ]
        return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}


@dataclass(frozen=True, slots=True)
class _Running:
    """Whether a container may still write to its log, as far as the pod's status tells."""

    pods: Pods
    namespace: str
    name: str
    container: Container

    def __call__(self) -> bool:
        worker = self.pods.find(self.namespace, self.name)
        return worker is not None and worker.runs(self.container.id)


def _streams(query: dict[str, list[str]]) -> JSON:
    """Which streams are wanted, from the kubelet's or the API's names of them."""

    def on(*names: str) -> bool:
        return any(query.get(name, [""])[0].lower() in ("1", "true") for name in names)

    tty = on("tty")
    return {
        "stdin": on("input", "stdin"),
        "stdout": on("output", "stdout"),
        "stderr": on("error", "stderr") and not tty,
        "tty": tty,
    }
