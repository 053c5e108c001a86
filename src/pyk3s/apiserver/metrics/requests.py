"""Counts requests: one small list per kind of request and code, under a microsecond each.

Watches and other streams are counted when they begin, and their durations are not.
"""

from bisect import bisect_left
from time import perf_counter

from pyk3s.apiserver import call as calls
from pyk3s.apiserver.metrics import exposition
from pyk3s.wire.http import messages

BOUNDS = (*(0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60),)
READING = frozenset(("get", "list", "watch", "head"))
MOST_SERIES = 20_000
LABELS = ("verb", "group", "version", "resource", "subresource", "scope")
VERBS = {"create": "POST", "update": "PUT", "delete": "DELETE", "deletecollection": "DELETECOLLECTION"}
Kind = tuple[str, ...]
"""Values of LABELS."""
Key = tuple[str, str, str, str, str, str, int]
clock = perf_counter


class Requests:
    """The requests of one server."""

    def __init__(self) -> None:
        self._under_way = {False: Gauge(), True: Gauge()}
        self._series: dict[Key, list[float]] = {}  # seconds, streams, then requests per bucket of duration

    def count(self, call: calls.Call, answer: messages.AnyResponse, began: float) -> None:
        """A request has its answer; `began` is of `clock`."""
        route = call.route
        if not call.resource.plural and route.plural:
            return  # no resource of ours: anyone can ask for any number of names
        scope = "resource" if route.name else "namespace" if route.namespace else "cluster" if route.plural else ""
        key = (call.verb, route.group, route.version, route.plural, route.subresource, scope, answer.status)
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= MOST_SERIES:
                return
            series = self._series[key] = [0.0, *[0] * (len(BOUNDS) + 2)]
        if answer.__class__ is not messages.Response:
            series[1] += 1
            return
        spent = clock() - began
        series[0] += spent
        series[2 + bisect_left(BOUNDS, spent)] += 1

    def under_way(self, verb: str) -> "Gauge":
        """What counts a request that takes time while it does."""
        return self._under_way[verb in READING]

    @property
    def mutating(self) -> int:
        """Requests under way that take time."""
        return self._under_way[False].present

    @property
    def reading(self) -> int:
        """Those of them that only read."""
        return self._under_way[True].present

    def lines(self) -> list[str]:
        """What has been counted."""
        counted = [
            ({**_labels(key[:-1]), "code": str(key[-1])}, sum(series[1:])) for key, series in self._series.items()
        ]
        lines = exposition.family(
            "apiserver_request_total", "counter", "Requests by verb, resource and response code.", counted
        )
        name = "apiserver_request_duration_seconds"
        lines += [f"# HELP {name} Time from request to response.", f"# TYPE {name} histogram"]
        for kind, (total, _, *counts) in self._of_all_codes().items():
            if any(counts):
                lines += exposition.histogram(name, _labels(kind), BOUNDS, map(int, counts), total)
        current = [({"request_kind": "mutating"}, self.mutating), ({"request_kind": "readOnly"}, self.reading)]
        return lines + exposition.family(
            "apiserver_current_inflight_requests", "gauge", "Requests that are being worked on.", current
        )

    def _of_all_codes(self) -> dict[Kind, list[float]]:
        """The series without regard to the response code."""
        found: dict[Kind, list[float]] = {}
        for (*kind, _), series in self._series.items():
            known = found.get(tuple(kind))
            found[tuple(kind)] = [a + b for a, b in zip(known, series, strict=True)] if known else series
        return found


class Gauge:
    """How many are inside, each for as long as its `with` block runs."""

    __slots__ = ("present",)

    def __init__(self) -> None:
        self.present = 0

    def __enter__(self) -> None:
        self.present += 1

    def __exit__(self, *error: object) -> None:
        self.present -= 1


def _labels(key: Kind) -> dict[str, str]:
    verb, *rest = key
    told = VERBS.get(verb, verb.upper())
    return {"component": "apiserver", **dict(zip(LABELS, (told, *rest), strict=True))}
