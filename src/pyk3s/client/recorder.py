"""Writes Events in the background, counting repetitions instead of repeating them.

The same event about the same object within ten minutes becomes a count on the first one. Events are advice: when the
queue is full or the server refuses one, it is dropped. One writer, so that events never outrun the work that they
tell about.
"""

import asyncio
import collections
import socket
from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.client.resources import EVENTS
from pyk3s.client.rest import MERGE_PATCH, Client
from pyk3s.lib import clock, log, timestamps

Key = tuple[str, str, str, str]
MEMORY_S = 600.0
MOST_REMEMBERED = 2048
MOST_QUEUED = 4096

_log = log.get_logger("events")


class _Series:
    """One event as the server knows it."""

    __slots__ = ("count", "last", "name", "namespace", "written")

    def __init__(self, namespace: str, name: str, now: float):
        self.namespace, self.name, self.last = namespace, name, now
        self.count, self.written = 0, False


class EventRecorder:
    """Events of one component; `run` writes what `record` queued."""

    def __init__(self, client: Client, component: str, *, host: str = "", time: clock.Clock | None = None):
        self._client, self._component = client, component
        self._host = host or socket.gethostname()
        self._time = time or clock.SystemClock()
        self._series: collections.OrderedDict[Key, _Series] = collections.OrderedDict()
        self._queue: collections.deque[tuple[_Series, dict[str, Any]]] = collections.deque(maxlen=MOST_QUEUED)
        self._more: asyncio.Event = asyncio.Event()

    def record(self, about: dict[str, Any], reason: str, message: str, *, warning: bool = False) -> None:
        """An event about an object (`client.objects.reference`); returns at once."""
        key: Key = (about.get("uid") or about.get("name", ""), reason, message, "Warning" if warning else "Normal")
        now = self._time.time()
        series = self._series.get(key)
        if series is None or now - series.last > MEMORY_S:
            name = f"{about.get('name', '')[:230]}.{int(now * 1e9):x}"
            series = self._series[key] = _Series(about.get("namespace") or "default", name, now)
            if len(self._series) > MOST_REMEMBERED:
                self._series.popitem(last=False)
        self._series.move_to_end(key)
        series.last = now
        series.count += 1
        self._queue.append((series, self._event(series, about, key, now)))
        self._more.set()

    def _event(self, series: _Series, about: dict[str, Any], key: Key, now: float) -> dict[str, Any]:
        stamp = timestamps.rfc3339(now)
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": series.name, "namespace": series.namespace},
            "involvedObject": about,
            "reason": key[1],
            "message": key[2][:1024],
            "type": key[3],
            "source": {"component": self._component, "host": self._host},
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": series.count,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }

    async def run(self) -> None:
        """Write queued events until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._queue:
                series, event = self._queue.popleft()
                try:
                    await self._write(series, event)
                except (ApiError, OSError, TimeoutError) as error:
                    _log.debug("event dropped", reason=event["reason"], error=error)

    async def _write(self, series: _Series, event: dict[str, Any]) -> None:
        if series.written:
            patch = {key: event[key] for key in ("count", "lastTimestamp")}
            try:
                await self._client.patch(EVENTS.path(series.namespace, series.name), patch, MERGE_PATCH)
                return
            except ApiError as error:
                if not error.not_found:
                    raise
        await self._client.create(EVENTS.path(series.namespace), event)
        series.written = True
