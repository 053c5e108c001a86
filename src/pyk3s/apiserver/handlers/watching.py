"""WATCH: the changes of a collection as a stream of frames, from a revision on or from the present state."""

import asyncio
import random
from collections.abc import AsyncIterator

from pyk3s.api import status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import negotiation, rendering, representation
from pyk3s.apiserver.cache import collection as collections
from pyk3s.apiserver.cache import converting, watchers
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.handlers import listing, options, selecting
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.wire.http import messages

SHORTEST_S = 1800
BOOKMARK_EVERY_S = 60.0
_HEADERS = {
    negotiation.JSON: ((b"Content-Type", b"application/json"), rendering.CACHE_CONTROL),
    negotiation.PROTOBUF: (
        (b"Content-Type", b"application/vnd.kubernetes.protobuf;stream=watch"),
        rendering.CACHE_CONTROL,
    ),
}


def watch(registry: registries.Registry, call: calls.Call) -> messages.StreamResponse:
    """Open a watch. Raises 400 and 422; a revision that is too old is told in the stream, as upstream does.

    One that is yet to come is waited for in silence, unless the present state was asked for.
    """
    store = registry.store(call.resource)
    selection = selecting.select(store, call)
    listing.check_options(call)
    revision = listing.parse_revision(call.parameter("resourceVersion"), watching=True)
    current = registry.cache.revision
    seconds = options.integer(call, "timeoutSeconds") or random.randint(SHORTEST_S, 2 * SHORTEST_S)
    shown = representation.watched(store, call, registry.clock.time())
    watcher = _watcher(store, selection, shown)
    stream = Stream(registry, store, watcher, shown, seconds, bookmarks=call.flag("allowWatchBookmarks"))
    initial = call.flag("sendInitialEvents") if "sendInitialEvents" in call.query else revision == 0
    try:
        if initial and revision > current:
            raise status.revision_too_large(revision, current)
        if initial:
            _tell_present(store, watcher, selection, shown, call.route.namespace)
            if "sendInitialEvents" in call.query and stream.bookmarks:
                watcher.push(representation.bookmark(store, shown, registry.cache.revision, initial_end=True))
        elif revision > current:
            watcher.after = revision
        elif revision:
            for change in store.collection.since(revision):
                if selection.interest in store.collection.watchers.interests(change):
                    watcher.offer(change, {})
    except collections.TooOld:
        _fail(watcher, shown, status.gone(f"too old resource version: {revision} ({store.collection.floor})"))
    except status.StatusError as error:
        _fail(watcher, shown, error)
    store.collection.watchers.add(watcher)
    return messages.StreamResponse(200, _HEADERS[call.form.media], stream.frames())


def _watcher(
    store: stores.ResourceStore, selection: selecting.Selection, shown: representation.Watched
) -> watchers.Watcher:
    if store.converter is None:
        return watchers.Watcher(selection.interest, selection.matches, shown)
    return converting.ConvertingWatcher(selection.interest, selection.matches, shown, store.readable_all)


def _fail(watcher: watchers.Watcher, shown: representation.Watched, error: status.StatusError) -> None:
    """Tell in the stream why there is none."""
    watcher.push(shown.frame("ERROR", shown.encoded(error.body())))
    watcher.end()


def _tell_present(
    store: stores.ResourceStore,
    watcher: watchers.Watcher,
    selection: selecting.Selection,
    shown: representation.Watched,
    namespace: str,
) -> None:
    """ADDED for every object that there is, in order of key."""
    present = store.collection.scan(namespace)
    if store.converter is not None:
        for entry in present:
            watcher.offer(entries.Change(entry, None, deleted=False, stamp=0.0), {})
        return
    if selection.matches is not None:
        present = [entry for entry in present if selection.matches(entry)]
    watcher.preload(b"".join([shown.frame("ADDED", shown.shown(entry)) for entry in present]))


class Stream:
    """One open watch towards its client: frames, bookmarks in between, an end after its time."""

    def __init__(
        self,
        registry: registries.Registry,
        store: stores.ResourceStore,
        watcher: watchers.Watcher,
        shown: representation.Watched,
        seconds: int,
        *,
        bookmarks: bool,
    ):
        self._registry, self._store, self._watcher, self._shown = registry, store, watcher, shown
        self._seconds = seconds
        self.bookmarks = bookmarks

    async def frames(self) -> AsyncIterator[bytes]:
        """What to send, until the watch ends or its client goes."""
        loop = asyncio.get_running_loop()
        ending = loop.call_later(self._seconds, self._watcher.end)
        marking = loop.call_later(BOOKMARK_EVERY_S, self._mark, loop) if self.bookmarks else None
        self._marking = marking
        try:
            while data := await self._watcher.take():
                yield data
        finally:
            ending.cancel()
            if self._marking:
                self._marking.cancel()
            self._store.collection.watchers.remove(self._watcher)

    def _mark(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell how far the watch has come, so that its client can resume there."""
        self._watcher.push(representation.bookmark(self._store, self._shown, self._registry.cache.revision))
        self._marking = loop.call_later(BOOKMARK_EVERY_S, self._mark, loop)
