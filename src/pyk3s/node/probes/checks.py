"""One check of a container: a command in it, an HTTP answer, an open port. Also makes the calls of lifecycle hooks.

HTTPS is not verified, and redirects to the same host count as success, as the kubelet has it.
"""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from pyk3s.cri import runtime
from pyk3s.node.objects import JSON

USER_AGENT = "kube-probe/1.36"
HEAD_MOST = 64 * 1024
BODY_SHOWN = 2048
DEADLINE_EXCEEDED = 4  # gRPC status code


@dataclass(frozen=True, slots=True)
class Result:
    """Whether a check succeeded, and what to say where not."""

    success: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The container to check."""

    container_id: str
    address: str  # of the pod
    ports: dict[str, int]  # by name


class Unsupported(Exception):
    """A kind of check that this node does not make."""


def ports_of(container: JSON) -> dict[str, int]:
    """Named ports of a container."""
    return {port["name"]: int(port["containerPort"]) for port in container.get("ports") or () if port.get("name")}


def port_number(told: int | str, ports: dict[str, int]) -> int:
    """A port by number or name; raises Unsupported for an unknown name."""
    text = str(told)
    if text.isdigit():
        return int(text)
    if text not in ports:
        raise Unsupported(f"couldn't find port: {text}")
    return ports[text]


async def check(cri: runtime.Runtime, handler: JSON, target: Target, timeout_s: float) -> Result:
    """Make one check; raises Unsupported."""
    if command := handler.get("exec"):
        return await _command(cri, command.get("command") or [], target, timeout_s)
    if request := handler.get("httpGet"):
        return await _bounded(_http(request, target), timeout_s, "HTTP probe")
    if request := handler.get("tcpSocket"):
        return await _bounded(_tcp(request, target), timeout_s, "TCP probe")
    raise Unsupported(f"{next(iter(handler), 'empty')} checks are not supported by this node")


async def _bounded(attempt: Coroutine[Any, Any, Result], timeout_s: float, what: str) -> Result:
    try:
        return await asyncio.wait_for(attempt, timeout_s)
    except TimeoutError:
        return Result(False, f"{what} exceeded its timeout of {timeout_s:g} s")
    except OSError as error:
        return Result(False, error.strerror or str(error))


async def _command(cri: runtime.Runtime, command: list[str], target: Target, timeout_s: float) -> Result:
    try:
        code, output, errors = await cri.exec_sync(target.container_id, command, int(timeout_s))
    except runtime.CriError as error:
        if error.code == DEADLINE_EXCEEDED:
            return Result(False, f"command timed out: {' '.join(command)!r} timed out after {timeout_s:g}s")
        return Result(False, str(error))
    said = (output + errors)[:BODY_SHOWN].decode(errors="replace")
    return Result(code == 0, said)


async def _tcp(request: JSON, target: Target) -> Result:
    port = port_number(request["port"], target.ports)
    _, writer = await asyncio.open_connection(request.get("host") or target.address, port)
    writer.close()
    return Result(True)


async def _http(request: JSON, target: Target) -> Result:
    port = port_number(request["port"], target.ports)
    host = request.get("host") or target.address
    secure = _unverified() if (request.get("scheme") or "HTTP") == "HTTPS" else None
    reader, writer = await asyncio.open_connection(host, port, ssl=secure, limit=HEAD_MOST)
    try:
        writer.write(_request(request, host, port))
        await writer.drain()
        status_line = await reader.readline()
        parts = status_line.split(None, 2)
        if len(parts) < 2 or not parts[1].isdigit():
            return Result(False, "malformed HTTP response")
        status = int(parts[1])
    except (asyncio.LimitOverrunError, ValueError):
        return Result(False, "malformed HTTP response")
    finally:
        writer.close()
    if 200 <= status < 400:
        return Result(True)
    return Result(False, f"HTTP probe failed with statuscode: {status}")


def _request(request: JSON, host: str, port: int) -> bytes:
    path = request.get("path") or "/"
    path = path if path.startswith("/") else f"/{path}"
    headers = {"Host": f"{host}:{port}", "User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
    for header in request.get("httpHeaders") or ():
        headers[header["name"]] = header["value"]
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
