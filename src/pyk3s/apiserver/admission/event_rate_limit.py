"""EventRateLimit: who writes too many Events is told to come back later (eventratelimit.admission.k8s.io/v1alpha1).

Each limit is a bucket of tokens per key: one for the server, or one per namespace, user, or source and object. Buckets
are kept for the keys used last, so memory is bounded whoever writes what.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from pyk3s.api import catalog, status
from pyk3s.apiserver.admission import chain

JSON = dict[str, Any]
API_VERSION, KIND = "eventratelimit.admission.k8s.io/v1alpha1", "Configuration"
TYPES = ("Server", "Namespace", "User", "SourceAndObject")
CACHE_SIZE = 4096
_OBJECT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


class Limit(NamedTuple):
    """`qps` tokens come back per second, up to `burst`."""

    type: str
    qps: int
    burst: int
    cache_size: int = CACHE_SIZE


class Buckets:
    """The buckets of one limit. `time` never steps back."""

    def __init__(self, limit: Limit, time: Callable[[], float]):
        self.limit, self._time = limit, time
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def take(self, key: str) -> bool:
        """Take a token; False if there is none."""
        now, limit = self._time(), self.limit
        tokens, since = self._buckets.pop(key, (float(limit.burst), now))
        tokens = min(limit.burst, tokens + (now - since) * limit.qps)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, now)
        if len(self._buckets) > limit.cache_size:
            self._buckets.popitem(last=False)
        return taken


class EventRateLimit(chain.Base):
    """Concerns Events as they are written."""

    name = "EventRateLimit"

    def __init__(self, limits: tuple[Limit, ...], time: Callable[[], float]):
        self._buckets = [Buckets(limit, time) for limit in limits]

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return resource.kind == "Event" and operation in (chain.CREATE, chain.UPDATE)

    def validate(self, attributes: chain.Attributes) -> None:
        if attributes.dry_run:
            return
        for each in self._buckets:
            key = _key(each.limit.type, attributes)
            if not each.take(key):
                raise status.too_many_requests(f"limit reached on type {each.limit.type} for key {key}", 1)


def _key(kind: str, attributes: chain.Attributes) -> str:
    match kind:
        case "Namespace":
            return attributes.namespace
        case "User":
            return attributes.user.name
        case "SourceAndObject":
            return _source_and_object(attributes.object)
    return ""


def _source_and_object(event: JSON) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    about = event.get("involvedObject") or event.get("regarding") or {}
    parts = [source.get("component"), source.get("host"), *(about.get(name) for name in _OBJECT)]
    return "".join(str(part or "") for part in parts)


def configuration(document: Any) -> tuple[Limit, ...]:
    """The limits in a decoded document; raises ValueError that names what is wrong."""
    if not isinstance(document, dict) or (document.get("apiVersion"), document.get("kind")) != (API_VERSION, KIND):
        raise ValueError(f"apiVersion and kind must be {API_VERSION} and {KIND}")
    limits = document.get("limits")
    if not isinstance(limits, list) or not limits or set(document) - {"apiVersion", "kind", "limits"}:
        raise ValueError("limits: at least one is wanted, and nothing beside them")
    return tuple(_limit(f"limits[{index}]", each) for index, each in enumerate(limits))


def _limit(place: str, document: Any) -> Limit:
    if not isinstance(document, dict) or set(document) - {"type", "qps", "burst", "cacheSize"}:
        raise ValueError(f"{place}: type, qps, burst and cacheSize are wanted")
    if document.get("type") not in TYPES:
        raise ValueError(f"{place}.type: {document.get('type')!r} is none of {', '.join(TYPES)}")
    numbers: list[Any] = [document.get("qps"), document.get("burst"), document.get("cacheSize", CACHE_SIZE)]
    if not all(type(each) is int and each > 0 for each in numbers):
        raise ValueError(f"{place}: qps, burst and cacheSize are whole numbers above 0")
    return Limit(document["type"], *numbers)
