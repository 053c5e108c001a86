"""`kubectl port-forward`: connections to local ports go to a pod's ports, through the API server."""

import asyncio
import contextlib
import itertools
from typing import Any, NamedTuple

from pyk3s.kubectl import pods
from pyk3s.kubectl.arguments import LIST, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.context import Context
from pyk3s.kubectl.errors import CommandError, usage
from pyk3s.lib import tasks
from pyk3s.wire.spdy import connection as spdy
from pyk3s.wire.spdy import session as sessions

JSON = dict[str, Any]
PROTOCOL = "portforward.k8s.io"
CHUNK = 64 * 1024
FLAGS = (
    Flag("address", "", LIST, "localhost", text="Addresses to listen on"),
    Flag("pod-running-timeout", default="1m0s", text="Accepted: pods are not waited for"),
)


class Port(NamedTuple):
    """A local port, 0 for any free one, and the pod's."""

    local: int
    remote: int


async def run(call: Call) -> int:
    if len(call.words) < 2:
        raise usage("TYPE/NAME and list of ports are required for port-forward", "port-forward")
    word, *specs = call.words
    pod = await pods.find(call, word)
    phase = (pod.get("status") or {}).get("phase")
    if phase != "Running":
        raise CommandError(f"unable to forward port because pod is not running. Current status={phase}")
    service = await _service(call, word)
    ports = [port(spec, lambda name: target_port(service, pod, name)) for spec in specs]
    upgrade = {"Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": PROTOCOL}
    stream = await call.context.server.upgrade("POST", pods.path(pod, "portforward"), (), upgrade)
    await _Forwarding(call.context, spdy.Connection(stream, client=True)).run(ports, call.flags.many("address"))
    return 0


async def _service(call: Call, word: str) -> JSON | None:
    """The service that was named, whose ports are not those of its pods."""
    type_, _, name = word.partition("/")
    resource = (await call.context.discovery()).look_up(type_) if name else None
    if resource is None or resource.kind != "Service":
        return None
    return await call.context.server.get(resource.path(call.context.namespace, name))


def port(spec: str, resolve: Any) -> Port:
    """`8080:80`, `80`, `:80`, with names for numbers; raises CommandError."""
    local, colon, remote = spec.partition(":")
    wanted = remote if colon else local
    number = resolve(wanted)
    if not colon:
        return Port(int(local) if local.isdecimal() else number, number)
    if local and not local.isdecimal():
        raise CommandError(
            f"error parsing local port '{local}': strconv.ParseUint: parsing \"{local}\": invalid syntax"
        )
    return Port(int(local or 0), number)


def target_port(service: JSON | None, pod: JSON, name: str) -> int:
    """The number of a pod's port for a port of the pod, or of the service before it; raises CommandError."""
    if service is not None:
        listed = service["spec"].get("ports") or ()
        found = next((each for each in listed if name in (str(each["port"]), each.get("name"))), None)
        if found is None:
            raise CommandError(f"Service {service['metadata']['name']} does not have a service port {name}")
        if service["spec"].get("clusterIP") == "None":
            return int(found["port"])
        name = str(found.get("targetPort") or found["port"])
    if name.isdecimal():
        return int(name)
    for container in pod["spec"].get("containers") or ():
        for each in container.get("ports") or ():
            if each.get("name") == name:
                return int(each["containerPort"])
    raise CommandError(f"Pod '{pod['metadata']['name']}' does not have a named port '{name}'")


class _Forwarding:
    """Listens, and gives each connection a pair of streams."""

    def __init__(self, context: Context, connection: spdy.Connection):
        self._context, self._connection = context, connection
        self._numbers = itertools.count()

    async def run(self, ports: list[Port], addresses: list[str]) -> None:
        """Until the connection to the server ends."""
        servers = []
        try:
            for each in ports:
                servers += await self._listen(each, addresses)
            await self._connection.run()
        except sessions.SpdyError as error:
            raise CommandError(f"the server does not keep to the protocol: {error}") from error
        finally:
            for server in servers:
                server.close()
        raise CommandError("lost connection to pod")

    async def _listen(self, wanted: Port, addresses: list[str]) -> list[asyncio.Server]:
        hosts = [host for each in addresses for host in (("127.0.0.1", "::1") if each == "localhost" else (each,))]
        found: list[asyncio.Server] = []
        local = wanted.local
        for host in hosts:
            try:
                server = await asyncio.start_server(lambda *pair: self._serve(wanted, *pair), host, local)
            except OSError as error:
                if host == "::1" and found:  # no IPv6 here
                    continue
                raise CommandError(f"unable to listen on port {local}: {error}") from error
            found.append(server)
            local = server.sockets[0].getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            self._context.say(f"Forwarding from {shown}:{local} -> {wanted.remote}")
            self._context.out.flush()
        return found

    async def _serve(self, wanted: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._context.say(f"Handling connection for {writer.get_extra_info('sockname')[1]}")
        self._context.out.flush()
        headers = {"port": str(wanted.remote), "requestID": str(next(self._numbers))}
        error = await self._connection.open({"streamType": "error", **headers})
        await error.end()
        data = await self._connection.open({"streamType": "data", **headers})
        with contextlib.suppress(ConnectionError):
            async with tasks.TaskOwner("connection") as owner:
                inward = owner.start(_inward(reader, data), "in")
                await _outward(data, writer)
                inward.cancel()
        if told := await error.read():
            self._context.complain(f"error: an error occurred forwarding: {told.decode('utf-8', 'replace')}")
        writer.close()


async def _inward(reader: asyncio.StreamReader, data: spdy.Stream) -> None:
    while chunk := await reader.read(CHUNK):
        await data.write(chunk)
    await data.end()


async def _outward(data: spdy.Stream, writer: asyncio.StreamWriter) -> None:
    while chunk := await data.read():
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


COMMAND = Command(
    "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    "Forward one or more local ports to a pod",
    FLAGS,
    run,
)
