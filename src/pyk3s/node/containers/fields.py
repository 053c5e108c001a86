"""What a pod says of itself: fieldRef and resourceFieldRef, for environment variables and downward API files."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyk3s.api import quantity
from pyk3s.node import objects
from pyk3s.node.objects import JSON

_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(.+)'\]$")


class FieldUnknown(Exception):
    """A reference to something that a pod cannot tell of itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod runs: what references beyond its own spec resolve to. Allocatable amounts by resource name."""

    host_ips: tuple[str, ...]
    pod_ips: tuple[str, ...]
    allocatable: Mapping[str, str]


def field_value(pod: objects.Pod, path: str, place: Place) -> str:
    """The value of a fieldRef; raises FieldUnknown."""
    meta = pod.metadata
    if found := _SUBSCRIPT.match(path):
        held = meta.labels if found[1] == "labels" else meta.annotations
        return held.get(found[2], "")
    simple: dict[str, Callable[[], str]] = {
        "metadata.name": lambda: meta.name,
        "metadata.namespace": lambda: meta.namespace,
        "metadata.uid": lambda: meta.uid,
        "metadata.labels": lambda: listed(meta.labels),
        "metadata.annotations": lambda: listed(meta.annotations),
        "spec.nodeName": lambda: str(pod.spec.get("nodeName", "")),
        "spec.serviceAccountName": lambda: str(pod.spec.get("serviceAccountName", "")),
        "status.hostIP": lambda: place.host_ips[0] if place.host_ips else "",
        "status.hostIPs": lambda: ",".join(place.host_ips),
        "status.podIP": lambda: place.pod_ips[0] if place.pod_ips else "",
        "status.podIPs": lambda: ",".join(place.pod_ips),
    }
    if path not in simple:
        raise FieldUnknown(f"unsupported fieldPath: {path}")
    return simple[path]()


def listed(pairs: Mapping[str, str]) -> str:
    """Labels or annotations as a file: one `key="value"` a line, sorted, values escaped as Go quotes them."""
    return "\n".join(f"{key}={_quoted(pairs[key])}" for key in sorted(pairs))


def resource_value(pod: objects.Pod, container: JSON, reference: JSON, place: Place) -> str:
    """The value of a resourceFieldRef of `container`: whole divisors, rounded up; an absent limit is what the node can
    give.
    """
    where, _, name = reference["resource"].partition(".")
    if where not in ("limits", "requests"):
        raise FieldUnknown(f"unsupported container resource: {reference['resource']}")
    resources = container.get("resources") or {}
    told = (resources.get(where) or {}).get(name)
    if told is None and where == "limits":
        told = place.allocatable.get(name, "0")
    amount = quantity.parse(str(told or "0"))
    divisor = quantity.parse(str(reference.get("divisor") or "1"))
    if not divisor:
        divisor = quantity.parse("1")
    return str(-(-amount.nanos // divisor.nanos))


def referenced_container(pod: objects.Pod, container: JSON | None, reference: JSON) -> JSON:
    """The container a resourceFieldRef is about: the named one, or the one that refers."""
    name = reference.get("containerName")
    found = pod.container(name) if name else container
    if found is None:
        raise FieldUnknown(f"container {name} not found")
    return found


_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}


def _quoted(text: str) -> str:
    return '"' + "".join(_escape(character) for character in text) + '"'


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
