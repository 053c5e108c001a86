"""Lines in levels with cells that are aligned in the end, and what all descriptions have in common."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyk3s.api import cells, quantity
from pyk3s.kubectl import tabwriter
from pyk3s.lib import timestamps

JSON = dict[str, Any]
NONE, UNSET = "<none>", "<unset>"
LONGEST_ANNOTATION = 140
UNSHOWN_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration",)


class Related(NamedTuple):
    """What belongs to an object, as far as its description wants it."""

    now: float = 0.0
    events: Sequence[JSON] | None = ()
    pods: Sequence[JSON] = ()
    sets: Sequence[JSON] = ()
    slices: Sequence[JSON] = ()
    services: Sequence[JSON] = ()
    quotas: Sequence[JSON] = ()
    limits: Sequence[JSON] = ()
    lease: JSON | str = ""


class Writer:
    """Collects lines; a tab ends a cell."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, level: int, text: str) -> None:
        self._lines.append("  " * level + text)

    def field(self, level: int, name: str, value: Any) -> None:
        """`Name:` and its value."""
        self.line(level, f"{name}:\t{value}")

    def raw(self) -> str:
        """The lines with their tabs."""
        return "\n".join(self._lines) + "\n"

    def text(self) -> str:
        """The lines with their cells aligned."""
        return tabwriter.align("\n".join(self._lines)) + "\n"


def head(writer: Writer, obj: JSON, *, namespace: bool = True) -> None:
    """Name, namespace, labels, annotations."""
    metadata = obj["metadata"]
    writer.field(0, "Name", metadata["name"])
    if namespace:
        writer.field(0, "Namespace", metadata.get("namespace", ""))
    marks(writer, 0, "Labels", metadata.get("labels"))
    annotations(writer, 0, metadata.get("annotations"))


def marks(writer: Writer, level: int, title: str, found: Mapping[str, str] | None, separator: str = "=") -> None:
    """A map as `key=value` lines."""
    if not found:
        writer.field(level, title, NONE)
        return
    for place, key in enumerate(sorted(found)):
        shown = f"{key}{separator}{found[key]}"
        writer.line(level, f"{title}:\t{shown}" if place == 0 else f"\t{shown}")


def annotations(writer: Writer, level: int, found: Mapping[str, str] | None, title: str = "Annotations") -> None:
    """Annotations as `key: value` lines, long ones below their key."""
    kept = {key: value for key, value in (found or {}).items() if key not in UNSHOWN_ANNOTATIONS}
    if not kept:
        writer.field(level, title, NONE)
        return
    for place, key in enumerate(sorted(kept)):
        value = kept[key].removesuffix("\n")
        first = f"{title}:\t" if place == 0 else "\t"
        if len(value) + len(key) + 2 <= LONGEST_ANNOTATION and "\n" not in value:
            writer.line(level, f"{first}{key}: {value}")
            continue
        writer.line(level, f"{first}{key}:")
        for line in value.split("\n"):
            shown = line if len(line) <= LONGEST_ANNOTATION - 2 else line[: LONGEST_ANNOTATION - 2] + "..."
            writer.line(level, f"\t  {shown}")


def events(writer: Writer, found: Sequence[JSON] | None, now: float) -> None:
    """The table of what happened; nothing where it was not asked for."""
    if found is None:
        return
    if not found:
        writer.field(0, "Events", NONE)
        return
    writer.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage")
    writer.line(1, "----\t------\t----\t----\t-------")
    for each in sorted(found, key=last_seen):
        source = (each.get("source") or {}).get("component") or each.get("reportingComponent", "")
        message = str(each.get("message", "")).strip()
        writer.line(1, f"{each.get('type', '')}\t{each.get('reason', '')}\t{event_age(each, now)}\t{source}\t{message}")


def last_seen(event: JSON) -> str:
    """When an event happened last."""
    series = event.get("series") or {}
    seen = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(seen or event["metadata"].get("creationTimestamp", ""))


def event_age(event: JSON, now: float) -> str:
    """`5m`, or `5m (x3 over 8m)`."""
    series, first = event.get("series") or {}, event.get("firstTimestamp") or event.get("eventTime")
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or first
    count = series.get("count") or event.get("count") or 1
    if count > 1:
        return f"{cells.since(last, now)} (x{count} over {cells.since(first, now)})"
    return cells.since(first or last, now)


def time_text(text: str | None) -> str:
    """A time as descriptions show it: `Sat, 28 Nov 2026 02:52:25 +0000`."""
    if not text:
        return "<unset>"
    seconds = timestamps.parse_rfc3339(text)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def amount(value: Any) -> str:
    """A quantity in its canonical spelling."""
    try:
        return str(quantity.of(value))
    except quantity.QuantityError:
        return str(value)


def amounts(writer: Writer, level: int, title: str, found: Mapping[str, Any] | None) -> None:
    """A block of resources and their amounts; nothing where there are none."""
    if not found:
        return
    writer.line(level, f"{title}:")
    for name in sorted(found):
        writer.field(level + 1, name, amount(found[name]))


def controller(obj: JSON) -> JSON | None:
    """The owner that controls an object."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((each for each in owners if each.get("controller")), None)


def selector(found: JSON | None) -> str:
    """A LabelSelector as text."""
    return cells.selector(found) if found is not None else NONE


def boolean(value: Any) -> str:
    return "true" if value else "false"


def title(value: Any) -> str:
    return "True" if value else "False"
