"""An informer keeps the present state of one resource in memory and reports every change.

It starts with a streaming list (or list + watch where the server has none), resumes a broken watch from the last
resource version seen, and lists again when that version is gone. Nothing is polled. Objects are decoded into a
projection, and `keep` may shrink that to what is worth holding.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from pyk3s.client.errors import ApiError
from pyk3s.client.objects import Identity, Projection
from pyk3s.client.resources import ResourceRef
from pyk3s.client.rest import METADATA_LIST_ONLY, METADATA_ONLY, Client, WatchEvent
from pyk3s.client.store import Change, Index, Store
from pyk3s.lib import backoff, clock, log

S = TypeVar("S", bound=Projection)
T = TypeVar("T")
INITIAL_END = "k8s.io/initial-events-end"
PAGE = "500"
WATCH_S = 1800  # a watch is renewed after this time, plus up to half of it so that clients do not come all at once

_log = log.get_logger("informer")


class _MarkMetadata(Identity, rename="camel"):
    annotations: dict[str, str] = {}


class _Mark(msgspec.Struct):
    metadata: _MarkMetadata


class _ListMetadata(msgspec.Struct, rename="camel", frozen=True):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct, rename="camel"):
    metadata: _ListMetadata = _ListMetadata()
    items: list[msgspec.Raw] | None = None


_decode_mark = msgspec.json.Decoder(_Mark).decode
_decode_list = msgspec.json.Decoder(_List).decode


class Informer(Generic[T]):
    """A live copy of one resource, or of the part that selectors choose."""

    def __init__(
        self,
        client: Client,
        ref: ResourceRef,
        struct: type[S],
        *,
        keep: Callable[[S], T] | None = None,
        namespace: str | None = None,
        field_selector: str | None = None,
        label_selector: str | None = None,
        metadata_only: bool = False,
        time: clock.Clock | None = None,
    ):
        self.ref = ref
        self._client = client
        self._decode: Callable[[bytes | msgspec.Raw], Any] = msgspec.json.Decoder(struct).decode
        self._keep: Callable[[Any], Any] = keep or (lambda decoded: decoded)
        self._path = ref.path(namespace)
        self._selectors = {
            name: value
            for name, value in (("fieldSelector", field_selector), ("labelSelector", label_selector))
            if value
        }
        self._accept = (METADATA_ONLY, METADATA_LIST_ONLY) if metadata_only else ("application/json",) * 2
        self._time = time or clock.SystemClock()
        self._cache: Store[T] = Store()
        self._synced = asyncio.Event()
        self._streaming = True
        self._must_list = True

    @property
    def store(self) -> dict[str, T]:
        """The objects by `namespace/name`; read only."""
        return self._cache.objects

    def get(self, key: str) -> T | None:
        return self._cache.objects.get(key)

    def index(self, values: Callable[[T], Iterable[str]]) -> Index[T]:
        """Objects by what `values` derives from them."""
        return self._cache.index(values)

    def on_change(self, callback: Change[T]) -> None:
        """Call `callback(old, new)` in the event loop on every change; what is already known is reported at once."""
        self._cache.on_change(callback)

    @property
    def complete(self) -> bool:
        """Whether it covers every object of its resource."""
        return not self._selectors and self._path == self.ref.path()

    async def synced(self) -> None:
        """Wait for the first complete list."""
        await self._synced.wait()

    @property
    def is_synced(self) -> bool:
        return self._synced.is_set()

    def wrote(self, raw: bytes) -> None:
        """Enter the answer to an own create, update or patch, so that the next read sees it."""
        decoded = self._decode(raw)
        meta: Identity = decoded.metadata
        self._cache.wrote(meta.key, meta.uid, _number(meta.resource_version), self._keep(decoded))

    def removed(self, key: str, uid: str) -> None:
        """Enter an own deletion that was carried out at once."""
        self._cache.removed(key, uid)

    async def run(self) -> None:
        """Follow the resource until cancelled."""
        pause = backoff.Backoff(0.05, 15.0, jitter=0.5, chance=random.random)
        while True:
            before = self._cache.revision
            try:
                await self._follow()
            except ApiError as error:
                self._must_list = self._must_list or error.gone
                if not error.gone:
                    _log.warning("watch refused", resource=self.ref.plural, error=error)
            except (OSError, TimeoutError) as error:
                _log.debug("watch broke off", resource=self.ref.plural, error=error or type(error).__name__)
            if self._cache.revision != before:
                pause.reset()
            await self._time.sleep(pause.next())

    async def _follow(self) -> None:
        if self._must_list and not self._streaming:
            await self._list()
        params = {**self._selectors, "timeoutSeconds": str(int(WATCH_S * (1 + random.random() / 2)))}
        if self._must_list:
            await self._stream(params)
        else:
            events = self._client.watch(self._path, str(self._cache.revision), params=params, accept=self._accept[0])
            await self._consume(events)

    async def _stream(self, params: dict[str, str]) -> None:
        initial = {**params, "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        events = self._client.watch(self._path, "", params=initial, accept=self._accept[0])
        fresh: dict[str, tuple[str, T]] = {}
        try:
            async for event in events:
                if event.type == "BOOKMARK":
                    mark = _decode_mark(event.raw).metadata
                    if mark.annotations.get(INITIAL_END) == "true":
                        self._replace(_number(mark.resource_version), fresh)
                        break
                else:
                    self._collect(event.raw, fresh)
            await self._consume(events)
        except ApiError as error:
            if error.code not in (400, 422):
                raise
            self._streaming = False

    async def _list(self) -> None:
        fresh: dict[str, tuple[str, T]] = {}
        query = {**self._selectors, "limit": PAGE}
        while True:
            page = _decode_list(await self._client.call("GET", self._path, query=query, accept=self._accept[1]))
            for raw in page.items or ():
                self._collect(raw, fresh)
            if not page.metadata.continue_:
                break
            query["continue"] = page.metadata.continue_
        self._replace(_number(page.metadata.resource_version), fresh)

    def _collect(self, raw: bytes | msgspec.Raw, fresh: dict[str, tuple[str, T]]) -> None:
        decoded = self._decode(raw)
        meta: Identity = decoded.metadata
        fresh[meta.key] = (meta.uid, self._keep(decoded))

    def _replace(self, revision: int, fresh: dict[str, tuple[str, T]]) -> None:
        self._cache.replace(revision, fresh)
        self._must_list = False
        self._synced.set()

    async def _consume(self, events: AsyncIterator[WatchEvent]) -> None:
        async for event in events:
            if event.type == "BOOKMARK":
                self._cache.revision = max(
                    self._cache.revision, _number(_decode_mark(event.raw).metadata.resource_version)
                )
                continue
            decoded = self._decode(event.raw)
            meta: Identity = decoded.metadata
            obj = None if event.type == "DELETED" else self._keep(decoded)
            self._cache.event(meta.key, meta.uid, _number(meta.resource_version), obj)


def _number(resource_version: str) -> int:
    """Resource versions are decimal numbers that compare (Kubernetes 1.35 and later promise it)."""
    return int(resource_version or "0")
