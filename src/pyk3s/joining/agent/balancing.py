"""Which server a new connection goes to. Pure: addresses and times in, an order out.

The one that works is stayed with. One that failed comes last for a while, and the address that the node was told to
join at stays on the list whatever the cluster says of itself: it may be the only one that leads there.
"""

from collections.abc import Iterable

AVOIDED_S = 10.0  # how long one that failed is the last to be tried


class Servers:
    """The servers of a cluster, as `host:port`."""

    def __init__(self, told: str, known: Iterable[str] = ()):
        self._told = told
        self._known: list[str] = []
        self._current = ""
        self._failed: dict[str, float] = {}
        self.learn(known)

    @property
    def addresses(self) -> list[str]:
        """Every address; the one that was told is the last resort."""
        return [*self._known, *([] if self._told in self._known else [self._told])]

    def learn(self, known: Iterable[str]) -> bool:
        """These are the cluster's servers now; whether that is news. An empty list is not believed."""
        fresh = list(dict.fromkeys(known))
        if not fresh or fresh == self._known:
            return False
        self._known = fresh
        self._failed = {address: since for address, since in self._failed.items() if address in self.addresses}
        return True

    def order(self, now: float) -> list[str]:
        """In which order to try them for a new connection."""
        return sorted(self.addresses, key=lambda each: (self._is_avoided(each, now), each != self._current))

    def worked(self, address: str) -> None:
        self._failed.pop(address, None)
        self._current = address

    def failed(self, address: str, now: float) -> None:
        self._failed[address] = now

    def _is_avoided(self, address: str, now: float) -> bool:
        since = self._failed.get(address)
        return since is not None and now - since < AVOIDED_S
