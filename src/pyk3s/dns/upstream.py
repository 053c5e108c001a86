"""Who else to ask, and what they said: resolv.conf as a value, and a bounded cache of replies. Pure."""

import ipaddress
import struct
from collections import OrderedDict
from collections.abc import Iterable

CACHE_MOST_S = 30.0  # as the cache of K3s' own DNS
HEADER = struct.Struct("!HHHHHH")


def name_servers(resolv_conf: str, own: Iterable[str]) -> tuple[str, ...]:
    """The resolvers of a resolv.conf, in order, without our own addresses: asking ourselves would never end."""
    mine = set(own)
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and words[1] not in mine and _is_address(words[1]):
            found.append(words[1])
    return tuple(dict.fromkeys(found))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


class Cache:
    """Replies by question for a while; the oldest go when there are too many. Seconds come from the caller."""

    def __init__(self, most: int):
        self._most = most
        self._replies: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()

    def get(self, question: bytes, now: float) -> bytes | None:
        """The reply without its id, if it is still good."""
        found = self._replies.get(question)
        if found is None:
            return None
        if found[0] <= now:
            del self._replies[question]
            return None
        return found[1]

    def put(self, question: bytes, reply: bytes, now: float, ttl_s: float) -> None:
        if ttl_s <= 0:
            return
        self._replies[question] = (now + min(ttl_s, CACHE_MOST_S), reply[2:])
        self._replies.move_to_end(question)
        while len(self._replies) > self._most:
            self._replies.popitem(last=False)


def question_of(query: bytes) -> bytes:
    """What makes two queries the same: everything but the id."""
    return query[2:]


def belongs(reply: bytes, query: bytes) -> bool:
    """Whether a datagram answers our query: its id, an answer, the same question (against spoofing)."""
    if len(reply) < HEADER.size or reply[:2] != query[:2] or not reply[2] & 0x80:
        return False
    return _question(reply) == _question(query)


def is_truncated(reply: bytes) -> bool:
    return bool(reply[2] & 0x02)


def _question(message: bytes) -> bytes:
    """Name, type and class of the first question, the name in lower case."""
    end = HEADER.size
    while end < len(message) and message[end]:
        end += message[end] + 1
    return message[HEADER.size : end].lower() + message[end : end + 5]
