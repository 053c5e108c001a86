"""A watch whose objects a webhook has to convert: changes wait as they are, and are converted together when taken.

Publishing a change must not wait for anybody; who reads the watch does. If the conversion fails, the watch says so and
ends, and its client comes back.
"""

from collections.abc import Awaitable, Callable, Sequence

from pyk3s.api import status
from pyk3s.apiserver.cache import entry as entries
from pyk3s.apiserver.cache import watchers

Readable = Callable[[Sequence[entries.Entry]], Awaitable[list[entries.Entry]]]


class ConvertingWatcher(watchers.Watcher):
    """One open watch of a version that is not the stored one. `readable` makes entries of that version."""

    def __init__(
        self,
        interest: watchers.Interest,
        matches: watchers.Matches | None,
        representation: watchers.Representation,
        readable: Readable,
    ):
        super().__init__(interest, matches, representation)
        self._readable = readable

    def offer(self, change: entries.Change, frames: watchers.Frames) -> None:
        """Queue a change; its frame is made when it is taken."""
        self._queue(change, len(change.entry.value))

    async def take(self) -> bytes:
        """Everything queued, converted; waits on if the selection leaves nothing of it."""
        while items := await self._next():
            try:
                told = await self._framed(items)
            except status.StatusError as error:
                self.end()
                return self._representation.frame("ERROR", self._representation.encoded(error.body()))
            if told:
                return told
        return b""

    async def _framed(self, items: Sequence[bytes | entries.Change]) -> bytes:
        changes = [item for item in items if isinstance(item, entries.Change)]
        involved = [change.entry for change in changes]
        if self._matches is not None:  # without a selection it only matters whether there was an old one
            involved += [change.old for change in changes if change.old is not None]
        converted = dict(zip(map(id, involved), await self._readable(involved), strict=True))
        pieces = []
        for item in items:
            if isinstance(item, bytes):
                pieces.append(item)
                continue
            old = converted.get(id(item.old), item.old)
            seen = entries.Change(converted[id(item.entry)], old, deleted=item.deleted, stamp=item.stamp)
            pieces.append(self._frame(seen, {}))
        return b"".join(pieces)
