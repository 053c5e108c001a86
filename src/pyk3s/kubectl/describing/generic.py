"""Every other kind: field by field, with names as words."""

import re
from typing import Any

from pyk3s.kubectl.describing.writer import Related, Writer, annotations, events, marks

JSON = dict[str, Any]
UNSHOWN = ("managedFields", "name", "namespace", "labels", "annotations")
ACRONYMS = ("API", "URL", "UID", "OSB", "GUID")


def describe(obj: JSON, related: Related) -> str:
    """An object of a kind that has no description of its own."""
    writer, metadata = Writer(), obj["metadata"]
    writer.field(0, "Name", metadata["name"])
    writer.field(0, "Namespace", metadata.get("namespace", ""))
    marks(writer, 0, "Labels", metadata.get("labels"))
    annotations(writer, 0, metadata.get("annotations"))
    shown = {**obj, "metadata": {key: value for key, value in metadata.items() if key not in UNSHOWN}}
    _map(writer, 0, shown)
    events(writer, related.events, related.now)
    return writer.text()


def _map(writer: Writer, level: int, found: JSON) -> None:
    for key in sorted(found, key=words):
        _value(writer, level, words(key), found[key])


def _value(writer: Writer, level: int, name: str, value: Any) -> None:
    if isinstance(value, dict):
        writer.line(level, f"{name}:")
        _map(writer, level + 1, value)
    elif isinstance(value, list):
        writer.line(level, f"{name}:")
        for each in value:
            if isinstance(each, dict):
                _map(writer, level + 1, each)
            else:
                writer.line(level + 1, _scalar(each))
    else:
        writer.field(level, name, _scalar(value))


def _scalar(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "<nil>"
    return str(value)


def words(name: str) -> str:
    """`creationTimestamp` as `Creation Timestamp`."""
    if not re.fullmatch(r"[A-Za-z]\w*", name):
        return name
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9_]+|[A-Z]+", name)
    return " ".join(_word(part) for part in parts)


def _word(part: str) -> str:
    return part.upper() if part.upper() in ACRONYMS else part[:1].upper() + part[1:]
