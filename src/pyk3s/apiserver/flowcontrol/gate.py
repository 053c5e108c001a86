"""Where requests that take time ask for a seat.

Answers that need no waiting (every read from memory) are given at once and hold no seat: they cannot pile up. Streams
hold one only until they begin. The configuration is compiled when it changes; who belongs where is remembered.
"""

from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple

from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity, rendering
from pyk3s.apiserver.flowcontrol import classifying, defaults, levels
from pyk3s.apiserver.registry import registry as registries
from pyk3s.datastore import contract
from pyk3s.wire.http import messages

GROUP = "flowcontrol.apiserver.k8s.io"
PATIENCE_S = 15.0
REMEMBERED = 4096
LONG_RUNNING = frozenset(("watch", "proxy", "connect"))
LONG_SUBRESOURCES = frozenset(("exec", "attach", "portforward", "proxy", "log"))
RETRY_AFTER_S = 1


class Place(NamedTuple):
    """Where a request belongs."""

    level: levels.Level
    flow: str
    headers: tuple[tuple[bytes, bytes], ...]


class Gate:
    """The seats of one server. `start` once the cache is loaded and the defaults are there."""

    def __init__(self, registry: registries.Registry, seats: int = levels.SEATS):
        self._registry, self._seats = registry, seats
        self._levels = levels.Levels(())
        self._schemas: list[classifying.Schema] = []
        self._places: dict[tuple[Any, ...], Place | None] = {}
        self._prefixes = tuple(
            registry.find(GROUP, plural).collection.prefix for plural in ("flowschemas", "prioritylevelconfigurations")
        )

    def start(self) -> None:
        """Read the configuration, then follow it."""
        self._compile()
        self._registry.cache.followers.append(self._receive)

    @property
    def levels(self) -> levels.Levels:
        return self._levels

    def _receive(self, events: Sequence[contract.Event]) -> None:
        for event in events:
            if event.key.startswith(self._prefixes):
                self._compile()
                return

    def _compile(self) -> None:
        """Make seats and queues afresh. Requests under way finish on the old ones."""
        configured = self._registry.read_all(GROUP, "prioritylevelconfigurations")
        made = [levels.Level(each["metadata"]["name"], each["metadata"]["uid"], each["spec"]) for each in configured]
        self._levels = levels.Levels(made, self._seats)
        self._schemas = classifying.schemas(self._registry.read_all(GROUP, "flowschemas"))
        self._places.clear()

    def place(self, access: identity.Access) -> Place | None:
        """Where a request belongs; None where the configuration has no place for it: it passes."""
        path = "" if access.plural else access.path
        key = (access.user.name, access.user.groups, access[1:5], access.subresource, access.namespace, path)
        if key not in self._places:
            if len(self._places) >= REMEMBERED:
                self._places.clear()
            self._places[key] = self._find(access)
        return self._places[key]

    def _find(self, access: identity.Access) -> Place | None:
        for schema in self._schemas:
            level = self._levels.get(schema.level)
            if level is not None and classifying.matches(schema, access):
                flow = f"{schema.name}/{classifying.flow(schema, access)}"
                return Place(level, flow, _headers(schema, level))
        level = self._levels.get(defaults.CATCH_ALL)
        return Place(level, access.user.name, ()) if level is not None else None

    async def through(self, call: calls.Call, work: Coroutine[Any, Any, messages.AnyResponse]) -> messages.AnyResponse:
        """The answer that `work` makes once there is a seat, or 429 if there is none for too long."""
        access = _access(call)
        place = self.place(access)
        if place is None or _is_long(access):
            return await work
        seats = self._levels
        try:
            await seats.enter(place.level, place.flow, PATIENCE_S)
        except levels.Refused:
            work.close()
            return _come_back(place)
        except BaseException:
            work.close()
            raise
        try:
            answer = await work
        finally:
            seats.leave(place.level)
        if isinstance(answer, messages.Response) and not isinstance(answer.headers, bytes):
            answer.headers = (*answer.headers, *place.headers)
        return answer


def _access(call: calls.Call) -> identity.Access:
    route = call.route
    what = route.group, route.version, route.plural, route.subresource, route.namespace, route.name, route.path
    return identity.Access(call.user, call.verb, *what)


def _come_back(place: Place) -> messages.Response:
    answer = rendering.text(429, "Too many requests, please try again later.\n")
    assert not isinstance(answer.headers, bytes)
    answer.headers = (*answer.headers, (b"Retry-After", str(RETRY_AFTER_S).encode()), *place.headers)
    return answer


def _is_long(access: identity.Access) -> bool:
    return access.verb in LONG_RUNNING or access.subresource in LONG_SUBRESOURCES


def _headers(schema: classifying.Schema, level: levels.Level) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"X-Kubernetes-PF-FlowSchema-UID", schema.uid.encode()),
        (b"X-Kubernetes-PF-PriorityLevel-UID", level.uid.encode()),
    )
